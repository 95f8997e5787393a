/* Formats one event into a stack buffer and writes it at once. */
#include "base/log.h"

#include <unistd.h>

#include "base/json.h"
#include "base/metric.h"
#include "base/os.h"
#include "base/time.h"

#define VALUE_BYTES_MAX ((size_t)512)
#define LINE_BYTES_MAX  ((size_t)16384)

static enum log_level max_level = LOG_INFO;
static bool is_json;
static bool is_set_up;

static struct counter counts[4]; /* by level */

static const char *const level_names[] = {"error", "warn", "info", "debug"};

void log_setup(enum log_level level, enum log_format format)
{
    max_level = level;
    is_json = format == LOG_FORMAT_JSON || (format == LOG_FORMAT_AUTO && !isatty(STDERR_FILENO));
    is_set_up = true;
}

/* logfmt quotes whatever is not a plain word; the JSON escapes serve there too. */
static void add_value(struct buf *line, str value)
{
    bool is_word = value.n > 0;
    value = str_slice(value, 0, VALUE_BYTES_MAX);
    for (size_t i = 0; i < value.n && is_word; i++) {
        char c = value.p[i];
        is_word = c > ' ' && c < 127 && c != '"' && c != '=' && c != '\\';
    }
    if (is_word && !is_json) {
        buf_add(line, value);
    } else {
        json_add_str_lossy(line, value);
    }
}

static void add_field(struct buf *line, const struct log_field *field)
{
    buf_add_format(line, is_json ? ",\"%s\":" : " %s=", field->key_cstr);
    if (field->kind == LOG_FIELD_INT) {
        buf_add_i64(line, field->number);
    } else {
        add_value(line, field->text);
    }
}

void log_write(enum log_level level, const char *message_cstr, const struct log_field *fields, size_t count)
{
    counter_add(&counts[level], 1);
    if (level > max_level) return;
    if (!is_set_up) log_setup(LOG_INFO, LOG_FORMAT_AUTO);
    struct buf line;
    buf_init(&line, LINE_BYTES_MAX);
    buf_add(&line, is_json ? STR("{\"ts\":\"") : STR(""));
    time_add_text(&line, os_now_us());
    buf_add_format(&line, is_json ? "\",\"level\":\"%s\",\"msg\":" : " %s ", level_names[level]);
    add_value(&line, str_of_cstr(message_cstr));
    for (size_t i = 0; i < count; i++) add_field(&line, &fields[i]);
    buf_add(&line, is_json ? STR("}\n") : STR("\n"));
    if (!line.is_failed) {
        ssize_t ignored = write(STDERR_FILENO, line.p, line.n);
        (void)ignored;
    }
    buf_fini(&line);
}

uint64_t log_count(enum log_level level)
{
    return counter_get(&counts[level]);
}

bool log_wants(enum log_level level)
{
    return level <= max_level;
}
