/* One pass over the list of ranges. Numbers beyond 64 bits are as good as the largest one. */
#include "api/range.h"

/* A position: digits only. False if it is none; too large ones are clamped. */
static bool read_position(str text, uint64_t *ret)
{
    enum err e = str_to_u64(text, UINT64_MAX, ret);
    if (e == ERR_LIMIT) *ret = UINT64_MAX;
    return e != ERR_INVALID;
}

/* "-500": the last 500 bytes. */
static bool read_suffix(str count_text, uint64_t bytes, struct range *ret)
{
    uint64_t count;
    if (!read_position(count_text, &count)) return false;
    *ret = (struct range){RANGE_PART, count < bytes ? bytes - count : 0, bytes};
    if (count == 0 || bytes == 0) ret->kind = RANGE_UNSATISFIABLE;
    return true;
}

/* "0-499", "500-" or "-500". False if it is none of these, which makes the whole header invalid. */
static bool read_one(str text, uint64_t bytes, struct range *ret)
{
    uint64_t first, last = UINT64_MAX;
    size_t dash = str_find_char(text, '-', 0);
    if (dash == SIZE_MAX) return false;
    if (dash == 0) return read_suffix(str_from(text, 1), bytes, ret);
    if (!read_position(str_slice(text, 0, dash), &first)) return false;
    if (dash + 1 < text.n && !read_position(str_from(text, dash + 1), &last)) return false;
    if (first > last) return false;
    *ret = (struct range){RANGE_PART, first, last < bytes ? last + 1 : bytes};
    if (first >= bytes) ret->kind = RANGE_UNSATISFIABLE;
    return true;
}

struct range range_parse(str header, uint64_t bytes)
{
    const struct range all = {.kind = RANGE_ALL};
    struct range range = all;
    size_t count = 0, satisfiable_count = 0;
    str rest, text;
    if (!str_starts_nocase(header, STR("bytes="))) return all;
    rest = str_from(header, STR("bytes=").n);
    while (str_split(&rest, ',', &text)) {
        text = str_trim(text);
        if (text.n == 0) continue;
        if (!read_one(text, bytes, &range)) return all;
        count++;
        satisfiable_count += range.kind == RANGE_PART;
    }
    if (count == 0) return all;
    if (satisfiable_count == 0) return (struct range){.kind = RANGE_UNSATISFIABLE};
    return count == 1 ? range : all;
}
