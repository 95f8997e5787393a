/* link: what was signed is accepted, and nothing else. */
#include "unit.h"

#include "results/link.h"

#define NOW_US INT64_C(1764000000123456)
#define EXP_US (NOW_US + INT64_C(5) * 86400 * 1000000)

#define VALIDITY_US (INT64_C(5) * 86400 * 1000000)

/* A control store that knows link keys and nothing else. */
struct fake {
    struct control control; /* first */
    struct link_key list[3];
    size_t count;
    uint64_t mark;
};

static uint64_t fake_mark(struct control *control)
{
    return ((const struct fake *)control)->mark;
}

static enum err fake_list(struct control *control, struct link_key ret[LINK_KEYS_MAX], size_t *ret_count)
{
    const struct fake *fake = (const struct fake *)control;
    memcpy(ret, fake->list, sizeof fake->list);
    *ret_count = fake->count;
    return OK;
}

static const struct control_ops ops = {.keys_mark = fake_mark, .link_key_list = fake_list};
static struct fake fake;
static struct link_keys *keys;

static const struct uuid batch_id = {
    {0x01, 0x9a, 0xb2, 0xc3, 0xd4, 0xe5, 0x7f, 0x60, 0x80, 0x00, 0xde, 0xad, 0xbe, 0xef, 0x00, 0x01}};

static int set_up(void **state)
{
    (void)state;
    fake = (struct fake){.control = {&ops}, .list = {{.kid = 1}}, .count = 1};
    return link_keys_new(STR("a master secret of 32 bytes, so."), &fake.control, &keys) != OK;
}

static int tear_down(void **state)
{
    (void)state;
    link_keys_free(keys);
    return 0;
}

/* A link in two parts, in storage that the next call overwrites. */
struct parts {
    str path, query;
};

static struct parts parts_of(str link)
{
    size_t mark = str_find_char(link, '?', 0);
    return (struct parts){str_slice(link, 0, mark), str_from(link, mark + 1)};
}

static str make_of(struct result_file_name name, uint32_t epoch)
{
    static char storage[256];
    struct buf out;
    buf_init(&out, sizeof storage);
    link_add(keys, &(struct link){batch_id, name, epoch}, EXP_US, &out);
    assert_ok(buf_check(&out));
    memcpy(storage, out.p, out.n);
    str link = str_of(storage, out.n);
    buf_fini(&out);
    return link;
}

static str make(struct result_file_name name)
{
    return make_of(name, 0);
}

static enum err check(str link, int64_t now_us)
{
    struct link ignored;
    struct parts parts = parts_of(link);
    return link_check(keys, parts.path, parts.query, now_us, VALIDITY_US, &ignored);
}

static void links_lead_back_to_their_file(void **state)
{
    (void)state;
    static const struct result_file_name names[] = {{RESULT_FILE_MERGED, 0},
                                                    {RESULT_FILE_PART, 0},
                                                    {RESULT_FILE_PART, 1234},
                                                    {RESULT_FILE_UNRESOLVED, 0}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct parts parts = parts_of(make_of(names[i], (uint32_t)i));
        struct link link;
        assert_ok(link_check(keys, parts.path, parts.query, NOW_US, VALIDITY_US, &link));
        assert_true(uuid_eq(batch_id, link.batch_id));
        assert_int_equal(names[i].kind, link.name.kind);
        assert_int_equal(names[i].part, link.name.part);
        assert_int_equal(i, link.epoch);
    }
    str link = make(names[0]);
    assert_true(str_starts(link, STR("/files/019ab2c3-d4e5-7f60-8000-deadbeef0001/output/"
                                     "results.jsonl.gz?exp=1764432000&kid=1&sig=")));
}

static void every_changed_byte_is_refused(void **state)
{
    (void)state;
    char changed[256];
    uint32_t refused = 0;
    str link = make_of((struct result_file_name){RESULT_FILE_PART, 7}, 12);
    memcpy(changed, link.p, link.n);
    for (size_t i = 0; i < link.n; i++) {
        for (int byte = 0; byte < 256; byte++) {
            if ((char)byte == link.p[i] || link.p[i] == '?') continue;
            changed[i] = (char)byte;
            enum err e = check(str_of(changed, link.n), NOW_US);
            assert_true(e == ERR_INVALID || e == ERR_NOT_FOUND);
            refused++;
        }
        changed[i] = link.p[i];
    }
    assert_true(refused > 30000);
    assert_ok(check(str_of(changed, link.n), NOW_US));
}

static void shorter_and_longer_links_are_refused(void **state)
{
    (void)state;
    char longer[257];
    str link = make((struct result_file_name){RESULT_FILE_MERGED, 0});
    for (size_t n = 0; n < link.n; n++) assert_true(check(str_slice(link, 0, n), NOW_US) != OK);
    memcpy(longer, link.p, link.n);
    for (int byte = 0; byte < 256; byte++) {
        longer[link.n] = (char)byte;
        assert_err(ERR_INVALID, check(str_of(longer, link.n + 1), NOW_US));
    }
}

static void parameters_may_come_in_any_order_but_once(void **state)
{
    (void)state;
    struct parts parts = parts_of(make((struct result_file_name){RESULT_FILE_MERGED, 0}));
    str query = parts.query;
    str exp = str_slice(query, 0, 14), kid = str_slice(query, 15, 20), sig = str_from(query, 21);
    static const char *const good[] = {"%1&%2&%3", "%1&%3&%2", "%2&%1&%3",
                                       "%2&%3&%1", "%3&%1&%2", "%3&%2&%1"};
    static const char *const bad[] = {
        "",          "%1",        "%1&%2",       "%1&%3",         "%2&%3",        "%1&%2&%3&",
        "&%1&%2&%3", "%1&&%2&%3", "%1&%2&%3&%1", "%1&%1&%3",      "%1&%2&%3&x=1", "%1&%2&%3&x",
        "%1;%2;%3",  "%1&%2&%2",  "%1&%2&%3#",   "%1&%2&%3&kid=1"};
    for (size_t i = 0; i < 6 + sizeof bad / sizeof bad[0]; i++) {
        struct buf text;
        struct link ignored;
        buf_init(&text, 512);
        for (const char *p = i < 6 ? good[i] : bad[i - 6]; *p; p++) {
            if (*p != '%') {
                buf_add_char(&text, *p);
                continue;
            }
            p++;
            buf_add(&text, *p == '1' ? exp : *p == '2' ? kid : sig);
        }
        assert_err(i < 6 ? OK : ERR_INVALID,
                   link_check(keys, parts.path, buf_str(&text), NOW_US, VALIDITY_US, &ignored));
        buf_fini(&text);
    }
}

static void paths_of_no_file_are_not_found(void **state)
{
    (void)state;
    static const char *const paths[] = {"",
                                        "/files/",
                                        "/files/x/output/results.jsonl.gz",
                                        "/files/019ab2c3-d4e5-7f60-8000-deadbeef0001/results.jsonl.gz",
                                        "/files/019ab2c3-d4e5-7f60-8000-deadbeef0001/output/",
                                        "/files/019ab2c3-d4e5-7f60-8000-deadbeef0001/output/other.gz",
                                        "/files/019ab2c3-d4e5-7f60-8000-deadbeef0001/output/../secret.key"};
    struct link ignored;
    str query = parts_of(make((struct result_file_name){RESULT_FILE_MERGED, 0})).query;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_err(ERR_NOT_FOUND,
                   link_check(keys, str_of_cstr(paths[i]), query, NOW_US, VALIDITY_US, &ignored));
    }
}

static void links_end_with_their_second(void **state)
{
    (void)state;
    str link = make((struct result_file_name){RESULT_FILE_MERGED, 0});
    int64_t end_us = EXP_US / 1000000 * 1000000;
    assert_ok(check(link, end_us - 1));
    assert_err(ERR_CLOSED, check(link, end_us));
    assert_err(ERR_CLOSED, check(link, end_us * 10));
    char forged[256];
    memcpy(forged, link.p, link.n);
    forged[link.n - 10] = forged[link.n - 10] == 'A' ? 'B' : 'A';
    assert_err(ERR_INVALID, check(str_of(forged, link.n), end_us));
}

static void keys_of_another_server_do_not_sign(void **state)
{
    (void)state;
    struct link_keys *other;
    struct link ignored;
    struct parts parts = parts_of(make((struct result_file_name){RESULT_FILE_MERGED, 0}));
    assert_ok(link_keys_new(STR("another master secret, 32 bytes."), &fake.control, &other));
    assert_err(ERR_INVALID, link_check(other, parts.path, parts.query, NOW_US, VALIDITY_US, &ignored));
    link_keys_free(other);
}

/* Key 2 signs, key 1 vouches for what it may have signed. */
static void another_key_signs_and_the_one_before_vouches(void **state)
{
    (void)state;
    char storage[256];
    str link = make((struct result_file_name){RESULT_FILE_MERGED, 0});
    memcpy(storage, link.p, link.n);
    str old = str_of(storage, link.n);
    fake.list[0] = (struct link_key){.kid = 2};
    fake.list[1] = (struct link_key){.kid = 1, .retired_us = NOW_US};
    fake.count = 2;
    assert_true(str_find(make((struct result_file_name){RESULT_FILE_MERGED, 0}), STR("&kid=1&")) != SIZE_MAX);
    fake.mark++;
    str new = make((struct result_file_name){RESULT_FILE_MERGED, 0});
    assert_true(str_find(new, STR("&kid=2&")) != SIZE_MAX);
    assert_ok(check(new, NOW_US));
    assert_ok(check(old, NOW_US));
    assert_err(ERR_CLOSED, check(old, EXP_US));
    fake.list[1].retired_us = NOW_US - INT64_C(120) * 1000000; /* it cannot have signed so late */
    fake.mark++;
    assert_err(ERR_INVALID, check(old, NOW_US));
    fake.list[1] = (struct link_key){.kid = 1, .retired_us = NOW_US, .revoked_us = NOW_US};
    fake.mark++;
    assert_err(ERR_INVALID, check(old, NOW_US));
    fake.count = 1;
    fake.mark++;
    assert_err(ERR_INVALID, check(old, NOW_US));
    fake = (struct fake){.control = {&ops}, .list = {{.kid = 1}}, .count = 1, .mark = fake.mark + 1};
    assert_ok(check(old, NOW_US));
}

/* Without its epoch a link is not that of the first one, and numbers have one spelling. */
static void the_epoch_is_signed(void **state)
{
    (void)state;
    static const char *const others[] = {
        "", "&epoch=0", "&epoch=", "&epoch=02", "&epoch=3", "&epoch=2&epoch=2"};
    char text[300];
    str link = make_of((struct result_file_name){RESULT_FILE_MERGED, 0}, 2);
    size_t at = str_find(link, STR("&epoch=2")), end = at + STR("&epoch=2").n;
    assert_ok(check(link, NOW_US));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        int n = snprintf(text, sizeof text, "%.*s%s%.*s", STR_ARG(str_slice(link, 0, at)), others[i],
                         STR_ARG(str_from(link, end)));
        assert_err(ERR_INVALID, check(str_of(text, (size_t)n), NOW_US));
    }
}

static void each_number_has_a_key_of_its_own(void **state)
{
    (void)state;
    uint8_t one[SHA256_BYTES], two[SHA256_BYTES];
    struct link_key key;
    fake.list[1] = (struct link_key){.kid = 2};
    fake.count = 2;
    fake.mark++;
    assert_ok(link_keys_sign(keys, 1, STR("text"), one, &key));
    assert_ok(link_keys_sign(keys, 2, STR("text"), two, &key));
    assert_int_equal(2, key.kid);
    assert_memory_not_equal(one, two, sizeof one);
    assert_err(ERR_NOT_FOUND, link_keys_sign(keys, 3, STR("text"), two, &key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_lead_back_to_their_file),
        cmocka_unit_test(every_changed_byte_is_refused),
        cmocka_unit_test(shorter_and_longer_links_are_refused),
        cmocka_unit_test(parameters_may_come_in_any_order_but_once),
        cmocka_unit_test(paths_of_no_file_are_not_found),
        cmocka_unit_test(links_end_with_their_second),
        cmocka_unit_test(keys_of_another_server_do_not_sign),
        cmocka_unit_test(another_key_signs_and_the_one_before_vouches),
        cmocka_unit_test(each_number_has_a_key_of_its_own),
        cmocka_unit_test(the_epoch_is_signed),
    };
    return cmocka_run_group_tests_name("link", tests, set_up, tear_down);
}
