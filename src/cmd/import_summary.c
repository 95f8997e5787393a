/* Two renderings of the same facts. */
#include "cmd/import_summary.h"

#include "base/json.h"

#define TEXT_BYTES_MAX ((size_t)64 << 10)

void import_summary_lost_key(void *context, struct key key, int64_t loser_id, int64_t winner_id)
{
    struct import_summary *summary = context;
    if (summary->lost_count++ >= LOST_KEYS_SHOWN) return;
    struct lost_key_shown *shown = &summary->lost[summary->lost_count - 1];
    struct arena arena;
    arena_init(&arena, 16384);
    str text = str_slice(key_display(key, &arena), 0, sizeof shown->text);
    if (text.n) memcpy(shown->text, text.p, text.n);
    shown->text_bytes = text.n;
    shown->loser_id = loser_id;
    shown->winner_id = winner_id;
    arena_fini(&arena);
}

/* -- for a person -- */

static void add_unknown(struct buf *out, const struct unknown_fields *unknown)
{
    buf_add_format(out, "  unknown fields: left out of %" PRIu64 " records:", unknown->record_count);
    for (size_t i = 0; i < unknown->field_count; i++) {
        const struct unknown_field *field = &unknown->fields[i];
        buf_add(out, i ? STR(", ") : STR(" "));
        json_add_str_lossy(out, str_of(field->name, field->name_bytes));
        buf_add_format(out, " (%" PRIu64 ")", field->count);
    }
    buf_add_char(out, '\n');
}

static void add_lost(struct buf *out, const struct import_summary *summary)
{
    buf_add_format(out, "  lost keys: %" PRIu64 ", which lead to another record now\n", summary->lost_count);
    for (size_t i = 0; i < LOST_KEYS_SHOWN && i < summary->lost_count; i++) {
        const struct lost_key_shown *lost = &summary->lost[i];
        buf_add(out, STR("    "));
        json_add_str_lossy(out, str_of(lost->text, lost->text_bytes));
        buf_add_format(out, " from %" PRId64 " to %" PRId64 "\n", lost->loser_id, lost->winner_id);
    }
    if (summary->lost_count > LOST_KEYS_SHOWN) buf_add(out, STR("    ...\n"));
}

static void add_details(struct buf *out, const struct import_summary *summary)
{
    if (summary->suppressed_count)
        buf_add_format(out, "  suppressed: %" PRIu64 ", left out\n", summary->suppressed_count);
    if (summary->replaced_count)
        buf_add_format(out, "  replaced: %" PRIu64 ", whose ids were there before\n",
                       summary->replaced_count);
    if (summary->repeated_count)
        buf_add_format(out, "  repeated: %" PRIu64 ", with the id of an earlier line, which they replace\n",
                       summary->repeated_count);
    if (summary->lost_count) add_lost(out, summary);
}

void import_summary_print(const struct import_summary *summary)
{
    struct buf out;
    buf_init(&out, TEXT_BYTES_MAX);
    if (summary->outcome == OK) {
        double rate = summary->seconds > 0 ? (double)summary->imported_count / summary->seconds : 0;
        buf_add_format(&out, "imported %" PRIu64 " %.*s records in %.1f s (%.0f a second)\n",
                       summary->imported_count, STR_ARG(entity_name(summary->entity)), summary->seconds,
                       rate);
        add_details(&out, summary);
    } else {
        buf_add_format(&out, "enrichd import: %s\n%s\n", summary->reason_cstr,
                       summary->outcome == ERR_UNKNOWN_OUTCOME
                           ? "It is not known whether the import is durable: repeat it."
                           : "Nothing was imported.");
    }
    if (summary->refused_count) {
        buf_add_format(&out, "  refused: %" PRIu64 " of %" PRIu64 " lines, see %s\n", summary->refused_count,
                       summary->line_count, summary->rejects_path_cstr);
    }
    if (summary->unknown.record_count) add_unknown(&out, &summary->unknown);
    fprintf(stderr, "%.*s", STR_ARG(buf_str(&out)));
    buf_fini(&out);
}

/* -- for a program -- */

static void add_count(struct buf *out, str key, uint64_t count)
{
    json_add_key(out, key);
    buf_add_u64(out, count);
}

static void add_text_or_null(struct buf *out, str key, const char *text_cstr)
{
    json_add_key(out, key);
    if (text_cstr) {
        json_add_str_lossy(out, str_of_cstr(text_cstr));
    } else {
        buf_add(out, STR("null"));
    }
}

static void add_unknown_json(struct buf *out, const struct unknown_fields *unknown)
{
    add_count(out, STR("records_with_unknown_fields"), unknown->record_count);
    json_add_key(out, STR("unknown_fields"));
    buf_add_char(out, '[');
    for (size_t i = 0; i < unknown->field_count; i++) {
        buf_add(out, i ? STR(",{\"name\":") : STR("{\"name\":"));
        json_add_str_lossy(out, str_of(unknown->fields[i].name, unknown->fields[i].name_bytes));
        add_count(out, STR("records"), unknown->fields[i].count);
        buf_add_char(out, '}');
    }
    buf_add_char(out, ']');
}

bool import_summary_print_json(const struct import_summary *summary)
{
    struct buf out;
    buf_init(&out, TEXT_BYTES_MAX);
    buf_add_char(&out, '{');
    json_add_key(&out, STR("entity"));
    json_add_str(&out, entity_name(summary->entity));
    json_add_key(&out, STR("outcome"));
    json_add_str(&out, str_of_cstr(err_name(summary->outcome)));
    add_text_or_null(&out, STR("error"), summary->outcome == OK ? NULL : summary->reason_cstr);
    add_count(&out, STR("lines"), summary->line_count);
    add_count(&out, STR("imported"), summary->outcome == OK ? summary->imported_count : 0);
    add_count(&out, STR("refused"), summary->refused_count);
    add_count(&out, STR("suppressed"), summary->suppressed_count);
    add_text_or_null(&out, STR("rejects_file"), summary->refused_count ? summary->rejects_path_cstr : NULL);
    add_count(&out, STR("replaced"), summary->replaced_count);
    add_count(&out, STR("repeated"), summary->repeated_count);
    add_count(&out, STR("keys"), summary->key_count);
    add_count(&out, STR("lost_keys"), summary->lost_count);
    add_unknown_json(&out, &summary->unknown);
    json_add_key(&out, STR("seconds"));
    buf_add_format(&out, "%.3f}\n", summary->seconds);
    bool is_written = !out.is_failed && fwrite(out.p, 1, out.n, stdout) == out.n && fflush(stdout) == 0;
    buf_fini(&out);
    return is_written;
}
