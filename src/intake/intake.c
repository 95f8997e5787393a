/* The owner of the conveyor: fills blocks from a file and empties them into the store. */
#include "intake/intake.h"

enum err intake_init(struct intake *intake, const struct intake_settings *settings,
                     struct records_writer *writer)
{
    *intake = (struct intake){.settings = *settings, .writer = writer};
    rejects_init(&intake->rejects, settings->rejects_path_cstr);
    return conveyor_new(settings->entity, settings->line_bytes_max, settings->threads, &intake->conveyor);
}

void intake_fini(struct intake *intake)
{
    conveyor_free(intake->conveyor);
    rejects_fini(&intake->rejects);
}

static bool is_stopped(const struct intake *intake)
{
    return intake->settings.is_stopped && intake->settings.is_stopped();
}

static enum err store_block(struct intake *intake, const struct block *block)
{
    if (block->failure != OK) return err_raise(block->failure, "%s", block->failure_detail);
    TRY(intake->writer->records->ops->put(intake->writer, buf_str(&block->stored)));
    if (block->rejected_count)
        TRY(rejects_add(&intake->rejects, buf_str(&block->rejects), block->rejected_count));
    unknown_fields_merge(&intake->unknown, &block->unknown);
    intake->line_count += block->line_count;
    intake->accepted_count += block->accepted_count;
    intake->suppressed_count += block->suppressed_count;
    return OK;
}

/* Stores the oldest block under way. *ret_is_any is false if there is none. */
static enum err store_oldest(struct intake *intake, bool *ret_is_any)
{
    const struct block *block = conveyor_receive(intake->conveyor);
    *ret_is_any = block;
    if (!block) return OK;
    TRY(store_block(intake, block));
    conveyor_put_back(intake->conveyor);
    if (intake->settings.on_progress) intake->settings.on_progress(intake->settings.context, intake);
    return OK;
}

static enum err store_rest(struct intake *intake)
{
    bool is_any = true;
    while (is_any) TRY(store_oldest(intake, &is_any));
    return OK;
}

/* An empty block, set up for lines of the file. */
static enum err take_empty(struct intake *intake, const char *path, struct block **ret)
{
    bool is_any;
    while (!(*ret = conveyor_empty(intake->conveyor))) TRY(store_oldest(intake, &is_any));
    block_begin(*ret, path, intake->settings.suppressed);
    return OK;
}

/* Reads lines into the block until it is full or the file ends. */
static enum err fill_block(struct intake *intake, struct lines *lines, struct block *block,
                           bool *ret_is_at_end)
{
    *ret_is_at_end = false;
    while (!block_is_full(block)) {
        struct line line;
        if (is_stopped(intake)) return err_raise(ERR_CLOSED, "stopped");
        TRY(err_at(lines_next(lines, &line), block->path_cstr));
        if (!line.text.p) {
            *ret_is_at_end = true;
            return OK;
        }
        bool is_blank = !line.is_too_long && str_trim(line.text).n == 0;
        if (!is_blank) TRY(block_add(block, &line));
    }
    return OK;
}

static enum err take_lines(struct intake *intake, const char *path, struct input *input, struct lines *lines)
{
    uint64_t bytes_before = intake->used_bytes;
    for (bool is_at_end = false; !is_at_end;) {
        struct block *block;
        TRY(take_empty(intake, path, &block));
        TRY(fill_block(intake, lines, block, &is_at_end));
        intake->used_bytes = bytes_before + input_used_bytes(input);
        conveyor_send(intake->conveyor);
    }
    return store_rest(intake);
}

enum err intake_file(struct intake *intake, const char *path_cstr)
{
    struct input *input;
    struct lines lines;
    TRY(input_open(path_cstr, &input));
    enum err e = lines_init(&lines, input, intake->settings.line_bytes_max);
    if (e == OK) {
        e = take_lines(intake, path_cstr, input, &lines);
        lines_fini(&lines);
    }
    input_close(input);
    return e;
}

enum err intake_finish(struct intake *intake)
{
    return rejects_finish(&intake->rejects);
}
