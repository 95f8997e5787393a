/* Configuration files: nothing crashes, and whatever is taken is within its limits. */
#include "base/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT, NUMBER, BYTES, DURATION, CHOICE, LIST, COUNT };

static const struct conf_item items[COUNT] = {
    [TEXT] = {"a.text", CONF_TEXT, "", 0, 20, .help_cstr = ""},
    [NUMBER] = {"a.number", CONF_NUMBER, "10", 1, 1000, .help_cstr = ""},
    [BYTES] = {"a.bytes", CONF_BYTES, "8KiB", 1024, INT64_C(1) << 40, .help_cstr = ""},
    [DURATION] = {"b.duration", CONF_DURATION, "30s", 0, INT64_C(86400) * 1000000, .help_cstr = ""},
    [CHOICE] = {"b.choice", CONF_CHOICE, "one", .choices_cstr = "one|two|three", .help_cstr = ""},
    [LIST] = {"b.list", CONF_LIST, "x,y", 0, 4, .help_cstr = ""},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct conf conf;
    struct buf origin;
    buf_init(&origin, 1 << 16);
    must(conf_init(&conf, items, COUNT) == OK);
    enum err e = conf_read_text(&conf, STR("enrichd.conf"), str_of(data, size));
    must(e == OK || e == ERR_INVALID || e == ERR_NOMEM);
    for (size_t i = 0; e == OK && i < COUNT; i++) {
        int64_t value = items[i].type == CONF_TEXT ? (int64_t)conf_text(&conf, i).n : conf_number(&conf, i);
        must(items[i].type == CONF_CHOICE ? value >= 0 && value < 3
                                          : value >= items[i].min && value <= items[i].max);
        conf_add_origin(&conf, i, &origin);
    }
    must(!origin.is_failed);
    conf_fini(&conf);
    buf_fini(&origin);
    return 0;
}
