/* Which addresses may be reached, and which hosts of URLs are those addresses. */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "hooks/target.h"
#include "ip_policy_rows.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct ip_policy nothing_special;

static struct ip_address address_of(const char *text)
{
    struct ip_address address;
    assert_ok(ip_parse(str_of_cstr(text), &address));
    return address;
}

static void special_addresses_are_not_public(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(denied_addresses); i++) {
        if (ip_policy_allows(&nothing_special, address_of(denied_addresses[i])))
            fail_msg("allowed: %s", denied_addresses[i]);
    }
    for (size_t i = 0; i < COUNT(allowed_addresses); i++) {
        if (!ip_policy_allows(&nothing_special, address_of(allowed_addresses[i])))
            fail_msg("denied: %s", allowed_addresses[i]);
    }
}

static void socket_addresses_are_read(void **state)
{
    (void)state;
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_un other = {.sun_family = AF_UNIX};
    struct ip_address found, expected = address_of("127.0.0.1");
    assert_true(ip_of_sockaddr((struct sockaddr *)&v4, &found));
    assert_memory_equal(&expected, &found, sizeof found);
    expected = address_of("::1");
    assert_true(ip_of_sockaddr((struct sockaddr *)&v6, &found));
    assert_memory_equal(&expected, &found, sizeof found);
    assert_false(ip_of_sockaddr((struct sockaddr *)&other, &found));
}

static void networks_are_parsed(void **state)
{
    (void)state;
    struct ip_network network;
    static const char *const fine[] = {"10.0.0.0/8", "0.0.0.0/0", "127.0.0.1", "127.0.0.1/32",
                                       "::/0",       "::1",       "fd00::/8",  "fe80::/10"};
    static const char *const bad[] = {"",           "10",          "10.0.0.0/",   "10.0.0.0/33", "10.0.0.1/8",
                                      "10.0.0.0/x", "10.0.0.0/-1", "localhost",   "fd00::/129",  "fd00::1/8",
                                      "[::1]",      "::1%lo",      "10.0.0.0 /8", "127.1",       "/8"};
    for (size_t i = 0; i < COUNT(fine); i++) assert_ok(ip_network_parse(str_of_cstr(fine[i]), &network));
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (ip_network_parse(str_of_cstr(bad[i]), &network) == OK) fail_msg("accepted: %s", bad[i]);
    }
}

static void the_operator_may_allow_networks_and_hosts(void **state)
{
    (void)state;
    struct ip_network networks[2];
    const str hosts[] = {STR("hooks.internal")};
    const struct ip_address own[] = {address_of("8.8.8.8"), address_of("8.8.4.4")};
    struct ip_policy policy = {networks, 2, hosts, 1, own, 2};
    assert_ok(ip_network_parse(STR("10.1.0.0/17"), &networks[0]));
    assert_ok(ip_network_parse(STR("8.8.4.0/24"), &networks[1]));
    assert_true(ip_policy_allows(&policy, address_of("10.1.0.0")));
    assert_true(ip_policy_allows(&policy, address_of("10.1.127.255")));
    assert_false(ip_policy_allows(&policy, address_of("10.1.128.0")));
    assert_false(ip_policy_allows(&policy, address_of("10.0.255.255")));
    assert_false(ip_policy_allows(&policy, address_of("::ffff:10.1.0.1")));
    assert_false(ip_policy_allows(&policy, address_of("a01::"))); /* the same first bytes */
    assert_false(ip_policy_allows(&policy, address_of("8.8.8.8")));
    assert_true(ip_policy_allows(&policy, address_of("8.8.4.4")));
    assert_true(ip_policy_allows_host(&policy, STR("hooks.internal")));
    assert_false(ip_policy_allows_host(&policy, STR("x.hooks.internal")));
    assert_false(ip_policy_allows_host(&policy, STR("hooks.interna")));
}

/* ---- hosts of URLs ---- */

static const char *complaint(const struct ip_policy *policy, const char *host)
{
    char url[200];
    struct arena arena;
    arena_init(&arena, 1 << 16);
    snprintf(url, sizeof url, "https://%s/x", host);
    const char *found = hook_target_complaint(policy, str_of_cstr(url), &arena);
    arena_fini(&arena);
    return found;
}

static void spellings_of_special_addresses_are_refused(void **state)
{
    (void)state;
    static const char *const hosts[] = {
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0X7F.0.0.0x1",
        "017700000001",
        "0177.0.0.1",
        "0177.1",
        "0",
        "0.0.0.0",
        "10.1",
        "192.168.257",
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "127.0.0.1:8080",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "localhost..",
        ".",
        "localhost:80",
        "a.b.localhost",
        "[::1]",
        "[0:0::1]",
        "[::]:80",
        "[::ffff:127.0.0.1]",
        "[::FFFF:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fc00::1]",
        "[ff02::1]",
        "255.255.255.255",
        "4294967295",
        "224.1",
    };
    for (size_t i = 0; i < COUNT(hosts); i++) {
        if (!complaint(&nothing_special, hosts[i])) fail_msg("accepted: %s", hosts[i]);
    }
}

static void public_addresses_and_names_are_fine(void **state)
{
    (void)state;
    static const char *const hosts[] = {
        "8.8.8.8",   "8.8.8.8:8443",  "134744072",         "0x8080808", "[2606:4700::1111]:443",
        "a.example", "A.example.:80", "localhost.example", "1.2.3.4.5", "xlocalhost"};
    for (size_t i = 0; i < COUNT(hosts); i++) {
        const char *found = complaint(&nothing_special, hosts[i]);
        if (found) fail_msg("%s: %s", hosts[i], found);
    }
}

static void allowed_spellings_are_fine(void **state)
{
    (void)state;
    struct ip_network loopback;
    const str hosts[] = {STR("localhost"), STR("10.0.0.1")};
    assert_ok(ip_network_parse(STR("127.0.0.0/8"), &loopback));
    struct ip_policy by_network = {.networks = &loopback, .network_count = 1};
    struct ip_policy by_host = {.hosts = hosts, .host_count = 2};
    assert_null(complaint(&by_network, "0x7f.1"));
    assert_null(complaint(&by_network, "localhost"));
    assert_non_null(complaint(&by_network, "10.0.0.1"));
    assert_non_null(complaint(&by_network, "[::1]"));
    assert_null(complaint(&by_host, "LocalHost.:81"));
    assert_null(complaint(&by_host, "167772161"));
    assert_non_null(complaint(&by_host, "127.0.0.1"));
    assert_non_null(complaint(&by_host, "x.localhost"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(special_addresses_are_not_public),
        cmocka_unit_test(socket_addresses_are_read),
        cmocka_unit_test(networks_are_parsed),
        cmocka_unit_test(the_operator_may_allow_networks_and_hosts),
        cmocka_unit_test(spellings_of_special_addresses_are_refused),
        cmocka_unit_test(public_addresses_and_names_are_fine),
        cmocka_unit_test(allowed_spellings_are_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
