/* Any bytes as JSON: what the strict parse accepts can be compacted, and walking the text sees what the
 * parser saw. */
#include "base/json.h"
#include "base/json_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(yyjson_val *value, str text)
{
    size_t count = 0;
    struct json_text_walk walk = json_text_walk(text);
    while (json_text_next(&walk)) count++;
    must(!yyjson_is_ctn(value) ||
         count == (yyjson_is_obj(value) ? yyjson_obj_size(value) : yyjson_arr_size(value)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct buf compact;
    yyjson_val *value, *again;
    str text = str_of(data, size);
    arena_init(&arena, 16 << 20);
    buf_init(&compact, size + 1);
    enum err e = json_parse(&arena, text, &value);
    if (e == OK) must(json_check_size(text, size) == OK);
    json_text_compact(&compact, text);
    must(!compact.is_failed);
    compare(value = e == OK ? value : NULL, buf_str(&compact));
    if (e == OK) must(json_parse(&arena, buf_str(&compact), &again) == OK);
    buf_fini(&compact);
    arena_fini(&arena);
    return 0;
}
