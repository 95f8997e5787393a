/* The form of webhook URLs. Whether a host may be called is another question. */
#include "unit.h"

#include "api/webhook_url.h"

static void absolute_urls_are_fine(void **state)
{
    (void)state;
    const char *const urls[] = {
        "http://a.example",         "https://a.example/",       "HTTPS://A.Example:8443/x?y=z&a=%20b",
        "http://127.0.0.1:1",       "http://[::1]/x",           "http://[2001:DB8::1]:65535",
        "http://[::ffff:1.2.3.4]/", "http://under_score.local", "http://a.example?x=http://u@h/",
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        const char *complaint = webhook_url_complaint(str_of_cstr(urls[i]));
        if (complaint) fail_msg("%s %s", urls[i], complaint);
    }
}

static void others_are_not(void **state)
{
    (void)state;
    const char *const urls[] = {
        "",
        "a.example",
        "//a.example/",
        "/path",
        "http:",
        "http:/a.example",
        "http://",
        "http:///path",
        "http://:80/",
        "http://?x",
        "ftp://a.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        " http://a.example",
        "http://user@a.example/",
        "http://user:secret@a.example/",
        "http://@a.example/",
        "http://a.example:/",
        "http://a.example:0/",
        "http://a.example:65536/",
        "http://a.example:8080x/",
        "http://a.example:+80/",
        "http://a b.example/",
        "http://a.example/ x",
        "http://a.example/x\ty",
        "http://a.example/\r\nX: y",
        "http://a.example\\@b.example/",
        "http://a.example/x\\y",
        "http://a.example/#fragment",
        "http://\xc3\xa9.example/",
        "http://a%2eexample/",
        "http://[::1",
        "http://[]/",
        "http://[1]/",
        "http://[zz::1]/",
        "http://[::1]x/",
        "http://[fe80::1%25lo]/",
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        if (!webhook_url_complaint(str_of_cstr(urls[i]))) fail_msg("accepted: %s", urls[i]);
    }
    assert_non_null(webhook_url_complaint(STR("http://a.example/\0x")));
}

static void the_length_is_limited(void **state)
{
    (void)state;
    char url[2049];
    memset(url, 'a', sizeof url);
    memcpy(url, "http://", 7);
    assert_null(webhook_url_complaint(str_of(url, 2048)));
    assert_non_null(webhook_url_complaint(str_of(url, 2049)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absolute_urls_are_fine),
        cmocka_unit_test(others_are_not),
        cmocka_unit_test(the_length_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
