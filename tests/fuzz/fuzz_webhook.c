/* Webhook URLs and addresses: a URL without a complaint leads to a name or to a public address, in one
 * spelling, and addresses are read as the system reads them.
 */
#include <arpa/inet.h>

#include "hooks/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_url(str url, struct arena *arena)
{
    static const struct ip_policy nothing_special;
    struct ip_address address;
    str host, again;
    if (hook_target_host(url, arena, &host) != OK) return;
    must(hook_host_lower(host, arena, &again) == OK && str_eq(host, again));
    if (hook_target_complaint(&nothing_special, url, arena)) return;
    must(host.n > 0);
    must(ip_parse(host, &address) != OK || ip_is_public(address));
}

static void check_address(str text)
{
    struct ip_address address;
    struct ip_network network;
    uint8_t bytes[16] = {0};
    char text_cstr[64];
    if (ip_network_parse(text, &network) == OK)
        must(network.prefix_bits <= (network.address.is_v4 ? 32 : 128));
    if (ip_parse(text, &address) != OK) return;
    must(str_to_cstr(text, text_cstr, sizeof text_cstr) == OK);
    must(inet_pton(address.is_v4 ? AF_INET : AF_INET6, text_cstr, bytes) == 1);
    must(memcmp(bytes, address.bytes, address.is_v4 ? 4 : 16) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    str text = str_of(data, size);
    arena_init(&arena, 1 << 20);
    check_url(text, &arena);
    check_address(text);
    arena_fini(&arena);
    return 0;
}
