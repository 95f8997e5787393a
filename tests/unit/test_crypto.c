/* mac, token and uuid against published vectors and their own rules. */
#include "unit.h"

#include "base/os.h"
#include "crypto/token.h"
#include "crypto/uuid.h"

static int64_t now_us;

static int64_t fake_now(void)
{
    return now_us;
}

static void hex_of(const uint8_t *bytes, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++) snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

/* FIPS 180-2 appendix B; RFC 4231 case 2; RFC 5869 case 3 (no salt, no info) cut to 32 bytes. */
static void hashes_match_published_vectors(void **state)
{
    (void)state;
    uint8_t out[SHA256_BYTES];
    char hex[65];
    sha256(STR("abc"), out);
    hex_of(out, sizeof out, hex);
    assert_string_equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", hex);
    hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"), out);
    hex_of(out, sizeof out, hex);
    assert_string_equal("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", hex);
    struct mac_key key;
    mac_key_init(&key, STR("Jefe"));
    for (int i = 0; i < 2; i++) {
        mac_sign(&key, STR("what do ya want for nothing?"), out);
        hex_of(out, sizeof out, hex);
        assert_string_equal("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", hex);
    }
    mac_key_fini(&key);
    char master[22];
    memset(master, 0x0b, sizeof master);
    mac_derive_key(str_of(master, sizeof master), STR(""), out);
    hex_of(out, sizeof out, hex);
    assert_string_equal("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d", hex);
}

static void base64url_goes_both_ways(void **state)
{
    (void)state;
    struct buf text;
    uint8_t bytes[32], back[32];
    buf_init(&text, 100);
    for (size_t n = 0; n <= sizeof bytes; n++) {
        os_random(bytes, sizeof bytes);
        buf_clear(&text);
        base64url_add(&text, str_of(bytes, n));
        assert_ok(base64url_decode(buf_str(&text), back, n));
        assert_memory_equal(bytes, back, n);
    }
    assert_err(ERR_INVALID, base64url_decode(STR("AB"), back, 1));
    assert_err(ERR_INVALID, base64url_decode(STR("A="), back, 1));
    assert_err(ERR_INVALID, base64url_decode(STR("AAA"), back, 1));
    buf_fini(&text);
}

static void keys_have_a_form_and_a_checksum(void **state)
{
    (void)state;
    char text[TOKEN_TEXT_BYTES];
    struct token made, read;
    for (int i = 0; i < 100; i++) {
        token_new(text, &made);
        assert_ok(token_parse(str_of(text, sizeof text), &read));
        assert_memory_equal(made.id, read.id, TOKEN_ID_BYTES);
        assert_memory_equal(made.hash, read.hash, SHA256_BYTES);
    }
    for (size_t i = 0; i < sizeof text; i++) {
        char before = text[i];
        text[i] = before == 'x' ? 'y' : 'x';
        assert_err(ERR_INVALID, token_parse(str_of(text, sizeof text), &read));
        text[i] = before;
    }
    assert_err(ERR_INVALID, token_parse(str_of(text, sizeof text - 1), &read));
}

static void uuids_sort_by_time_even_when_it_steps_back(void **state)
{
    (void)state;
    os_hooks.now_us = fake_now;
    now_us = 1781266983945900;
    struct uuid last = uuid_new();
    for (int i = 0; i < 10000; i++) {
        if (i == 5000) now_us -= 3600000000;
        struct uuid next = uuid_new();
        assert_true(memcmp(last.bytes, next.bytes, 16) < 0);
        assert_int_equal(0x70, next.bytes[6] & 0xf0);
        assert_int_equal(0x80, next.bytes[8] & 0xc0);
        last = next;
    }
    os_hooks.now_us = NULL;
}

static void uuids_read_and_write_text(void **state)
{
    (void)state;
    struct uuid id, other;
    assert_ok(uuid_parse(STR("22F80b2b-e5bd-480b-86cc-29f79dc6c821"), &id));
    assert_str(STR("22f80b2b-e5bd-480b-86cc-29f79dc6c821"), UUID_STR(id));
    const str bad[] = {STR_INIT(""), STR_INIT("22f80b2b-e5bd-480b-86cc-29f79dc6c82"),
                       STR_INIT("22f80b2b-e5bd-480b-86cc-29f79dc6c821 "),
                       STR_INIT("22f80b2be5bd-480b-86cc-29f79dc6c821-"),
                       STR_INIT("22f80b2b-e5bd-480b-86cc-29f79dc6c82g")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_err(ERR_INVALID, uuid_parse(bad[i], &other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_match_published_vectors),
        cmocka_unit_test(base64url_goes_both_ways),
        cmocka_unit_test(keys_have_a_form_and_a_checksum),
        cmocka_unit_test(uuids_sort_by_time_even_when_it_steps_back),
        cmocka_unit_test(uuids_read_and_write_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
