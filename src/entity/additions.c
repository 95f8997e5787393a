/* Greedy: after each difference the first place where the shorter text goes on. */
#include "entity/additions.h"

#include "base/varint.h"

#define AGREE_BYTES ((size_t)24) /* so much should agree for a place to be taken for the right one */

static size_t shared_bytes(str a, str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    size_t i = 0;
    while (i < n && a.p[i] == b.p[i]) i++;
    return i;
}

/* The bytes of whole before the place where base goes on; SIZE_MAX if there is none. Less may agree where the
 * next difference is near. */
static size_t find_resume(str base, str whole)
{
    if (base.n == 0) return whole.n;
    for (size_t n = AGREE_BYTES; n; n /= 2) {
        size_t at = str_find(whole, str_slice(base, 0, n));
        if (at != SIZE_MAX) return at;
    }
    return SIZE_MAX;
}

static void add_step(struct buf *out, size_t kept_bytes, str added)
{
    char numbers[2 * VARINT_BYTES_MAX];
    char *end = varint_put(varint_put(numbers, kept_bytes), added.n);
    buf_add(out, str_of(numbers, (size_t)(end - numbers)));
    buf_add(out, added);
}

bool additions_find(str base, str whole, struct buf *out)
{
    size_t start = out->n, limit = whole.n;
    while (whole.n) {
        size_t kept_bytes = shared_bytes(base, whole);
        base = str_from(base, kept_bytes);
        whole = str_from(whole, kept_bytes);
        if (whole.n == 0) break;
        size_t added_bytes = find_resume(base, whole);
        if (added_bytes == SIZE_MAX) break;
        add_step(out, kept_bytes, str_slice(whole, 0, added_bytes));
        whole = str_from(whole, added_bytes);
    }
    bool is_found = base.n == 0 && whole.n == 0 && !out->is_failed && out->n - start < limit;
    if (!is_found && !out->is_failed) buf_truncate(out, start);
    return is_found;
}

bool additions_apply(str base, str additions, struct buf *out)
{
    while (additions.n) {
        uint64_t kept_bytes, added_bytes;
        if (!varint_take(&additions, &kept_bytes) || !varint_take(&additions, &added_bytes)) return false;
        if (kept_bytes > base.n || added_bytes > additions.n) return false;
        buf_add(out, str_slice(base, 0, kept_bytes));
        buf_add(out, str_slice(additions, 0, added_bytes));
        base = str_from(base, kept_bytes);
        additions = str_from(additions, added_bytes);
    }
    buf_add(out, base);
    return true;
}
