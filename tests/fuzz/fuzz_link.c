/* Links to result files as they are sent: path, '?', query; and the Range header behind a line break.
 *
 * A link that is accepted is one that would be made again, but for the order of its parameters.
 */
#include "api/query.h"
#include "api/range.h"
#include "results/link.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One day, and the moment when the seeds were made. */
#define VALIDITY_US (INT64_C(86400) * 1000000)
#define NOW_US      INT64_C(1764000000000000)

static uint64_t keys_mark(struct control *control)
{
    (void)control;
    return 1;
}

static enum err link_key_list(struct control *control, struct link_key ret[LINK_KEYS_MAX], size_t *ret_count)
{
    (void)control;
    ret[0] = (struct link_key){.kid = 1};
    ret[1] = (struct link_key){.kid = 2, .revoked_us = 1};
    *ret_count = 2;
    return OK;
}

static const struct control_ops ops = {.keys_mark = keys_mark, .link_key_list = link_key_list};
static struct control control = {&ops};
static struct link_keys *keys;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    must(link_keys_new(STR("a master secret of 32 bytes, so."), &control, &keys) == OK);
    return 0;
}

static void check_link(str text, str path, str query, struct arena *arena)
{
    struct link link;
    struct buf again;
    uint64_t expires_s;
    if (link_check(keys, path, query, NOW_US, VALIDITY_US, &link) != OK) return;
    must(str_to_u64(query_value(query, STR("exp"), arena), INT64_MAX / 1000000, &expires_s) == OK);
    must(link.name.kind == RESULT_FILE_PART || link.name.part == 0);
    buf_init(&again, 4096);
    link_add(keys, &link, (int64_t)expires_s * 1000000, &again);
    must(again.n == text.n && str_starts(buf_str(&again), path));
    must(str_find(buf_str(&again), query_value(query, STR("sig"), arena)) != SIZE_MAX);
    buf_fini(&again);
}

static void check_range(str header)
{
    for (uint64_t bytes = 0; bytes <= 1000; bytes += 500) {
        struct range range = range_parse(header, bytes);
        must(range.kind != RANGE_PART || (range.from < range.to && range.to <= bytes));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    str rest = str_of(data, size), text = {0};
    (void)!str_split(&rest, '\n', &text);
    size_t mark = str_find_char(text, '?', 0);
    str path = str_slice(text, 0, mark), query = mark == SIZE_MAX ? (str){0} : str_from(text, mark + 1);
    arena_init(&arena, 1 << 20);
    check_link(text, path, query, &arena);
    check_range(rest);
    arena_fini(&arena);
    return 0;
}
