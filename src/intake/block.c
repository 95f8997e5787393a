/* Lines to records, one by one. */
#include "intake/block.h"

#include "intake/rejects.h"

void block_free(struct block *block)
{
    if (!block) return;
    buf_fini(&block->text);
    buf_fini(&block->stored);
    buf_fini(&block->rejects);
    arena_fini(&block->arena);
    free(block);
}

enum err block_new(enum entity entity, size_t line_bytes_max, struct block **ret)
{
    size_t text_bytes_max = BLOCK_BYTES_FULL + line_bytes_max;
    struct block *block = calloc(1, sizeof *block);
    if (!block) return err_raise(ERR_NOMEM, "no memory for a block of lines");
    block->entity = entity;
    block->line_bytes_max = line_bytes_max;
    buf_init(&block->text, text_bytes_max);
    buf_init(&block->stored, text_bytes_max * 8 + RECORD_BYTES_MAX); /* a small record is mostly its head */
    buf_init(&block->rejects, BLOCK_LINES_MAX * 8192 + text_bytes_max * 6);
    arena_init(&block->arena, line_bytes_max * 32 + ((size_t)1 << 20));
    *ret = block;
    return OK;
}

void block_begin(struct block *block, const char *path_cstr, const struct suppression_set *suppressed)
{
    block->path_cstr = path_cstr;
    block->suppressed = suppressed;
    block->line_count = block->accepted_count = block->rejected_count = block->suppressed_count = 0;
    block->unknown = (struct unknown_fields){0};
    block->failure = OK;
    buf_clear(&block->text);
    buf_clear(&block->stored);
    buf_clear(&block->rejects);
}

enum err block_add(struct block *block, const struct line *line)
{
    must(!block_is_full(block));
    block->lines[block->line_count++] =
        (struct block_line){block->text.n, line->text.n, line->number, line->is_too_long};
    buf_add(&block->text, line->text);
    return buf_check(&block->text);
}

bool block_is_full(const struct block *block)
{
    return block->line_count == BLOCK_LINES_MAX || block->text.n >= BLOCK_BYTES_FULL;
}

static bool is_suppressed(const struct block *block, const struct record_source *source)
{
    if (suppression_find_id(block->suppressed, block->entity, source->id)) return true;
    for (size_t i = 0; i < source->key_count; i++) {
        if (suppression_find(block->suppressed, block->entity, source->keys[i].key)) return true;
    }
    return false;
}

static enum err convert_line(struct block *block, str line)
{
    struct record_source source;
    arena_reset(&block->arena);
    TRY(record_parse(block->entity, line, &block->arena, &source));
    if (is_suppressed(block, &source)) {
        block->suppressed_count++;
        return OK;
    }
    if (source.ignored.n) unknown_fields_add(&block->unknown, source.ignored);
    TRY(record_encode(block->entity, &source, &block->stored));
    block->accepted_count++;
    return OK;
}

/* Whether the error is the line's own: it breaks a rule, or is so intricate that its tree has no room. */
static bool is_refusal(const struct block *block, enum err e)
{
    return e == ERR_INVALID || e == ERR_LIMIT || (e == ERR_NOMEM && block->arena.is_exhausted);
}

static enum err take_line(struct block *block, const struct block_line *line)
{
    str text = str_slice(buf_str(&block->text), line->offset, line->offset + line->bytes);
    enum err e = line->is_too_long ? err_raise(ERR_LIMIT, "longer than %zu bytes", block->line_bytes_max)
                                   : convert_line(block, text);
    if (is_refusal(block, e)) {
        block->rejected_count++;
        rejects_format(&block->rejects, block->path_cstr, line->number, err_detail(), text);
        return buf_check(&block->rejects);
    }
    return e;
}

void block_convert(struct block *block)
{
    for (size_t i = 0; i < block->line_count && block->failure == OK; i++) {
        block->failure = take_line(block, &block->lines[i]);
    }
    if (block->failure != OK)
        snprintf(block->failure_detail, sizeof block->failure_detail, "%s", err_detail());
}
