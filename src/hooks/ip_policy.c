/* Tables of prefixes. */
#include "hooks/ip_policy.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#define V4(a, b, c, d, bits)                                                                                 \
    {                                                                                                        \
        {{a, b, c, d}, true}, bits                                                                           \
    }
#define V6(bits, ...)                                                                                        \
    {                                                                                                        \
        {{__VA_ARGS__}, false}, bits                                                                         \
    }

static const struct ip_network v4_special[] = {
    V4(0, 0, 0, 0, 8),       /* this network */
    V4(10, 0, 0, 0, 8),      /* private */
    V4(100, 64, 0, 0, 10),   /* carrier-grade NAT */
    V4(127, 0, 0, 0, 8),     /* loopback */
    V4(169, 254, 0, 0, 16),  /* link-local, and the metadata services of clouds */
    V4(172, 16, 0, 0, 12),   /* private */
    V4(192, 0, 0, 0, 24),    /* protocol assignments */
    V4(192, 0, 2, 0, 24),    /* documentation */
    V4(192, 88, 99, 0, 24),  /* 6to4 relays */
    V4(192, 168, 0, 0, 16),  /* private */
    V4(198, 18, 0, 0, 15),   /* benchmarks */
    V4(198, 51, 100, 0, 24), /* documentation */
    V4(203, 0, 113, 0, 24),  /* documentation */
    V4(224, 0, 0, 0, 4),     /* multicast */
    V4(240, 0, 0, 0, 4),     /* reserved, and broadcast */
};

static const struct ip_network v6_global = V6(3, 0x20);

static const struct ip_network v6_special[] = {
    V6(23, 0x20, 0x01),             /* protocol assignments, with Teredo */
    V6(32, 0x20, 0x01, 0x0d, 0xb8), /* documentation */
    V6(16, 0x20, 0x02),             /* 6to4 */
    V6(20, 0x3f, 0xff),             /* documentation */
};

static bool is_in(const struct ip_network *network, const struct ip_address *address)
{
    size_t bytes = network->prefix_bits / 8;
    unsigned rest = network->prefix_bits % 8;
    if (network->address.is_v4 != address->is_v4) return false;
    if (memcmp(network->address.bytes, address->bytes, bytes) != 0) return false;
    return rest == 0 || (network->address.bytes[bytes] ^ address->bytes[bytes]) >> (8 - rest) == 0;
}

static bool is_in_any(const struct ip_network *networks, size_t count, const struct ip_address *address)
{
    for (size_t i = 0; i < count; i++) {
        if (is_in(&networks[i], address)) return true;
    }
    return false;
}

enum err ip_parse(str text, struct ip_address *ret)
{
    char cstr[INET6_ADDRSTRLEN];
    struct ip_address address = {.is_v4 = str_find_char(text, ':', 0) == SIZE_MAX};
    if (str_to_cstr(text, cstr, sizeof cstr) != OK ||
        inet_pton(address.is_v4 ? AF_INET : AF_INET6, cstr, address.bytes) != 1) {
        return err_raise(ERR_INVALID, "\"%.*s\" is no IP address", STR_ARG(text));
    }
    *ret = address;
    return OK;
}

static bool has_bits_behind_prefix(const struct ip_network *network)
{
    for (unsigned bit = network->prefix_bits; bit < 128; bit++) {
        if (network->address.bytes[bit / 8] & (0x80 >> bit % 8)) return true;
    }
    return false;
}

enum err ip_network_parse(str text, struct ip_network *ret)
{
    struct ip_network network;
    size_t slash = str_find_char(text, '/', 0);
    if (ip_parse(str_slice(text, 0, slash), &network.address) != OK)
        return err_raise(ERR_INVALID, "\"%.*s\" is no network such as 10.0.0.0/8", STR_ARG(text));
    uint64_t most = network.address.is_v4 ? 32 : 128;
    uint64_t bits = most;
    if (slash != SIZE_MAX && str_to_u64(str_from(text, slash + 1), most, &bits) != OK)
        return err_raise(ERR_INVALID, "\"%.*s\": a prefix of 0 to %d bits is expected", STR_ARG(text),
                         (int)most);
    network.prefix_bits = (uint8_t)bits;
    if (has_bits_behind_prefix(&network))
        return err_raise(ERR_INVALID, "\"%.*s\" has bits behind its prefix", STR_ARG(text));
    *ret = network;
    return OK;
}

bool ip_of_sockaddr(const struct sockaddr *address, struct ip_address *ret)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct ip_address found = {.is_v4 = address->sa_family == AF_INET};
    if (found.is_v4) {
        memcpy(&v4, address, sizeof v4);
        memcpy(found.bytes, &v4.sin_addr, sizeof v4.sin_addr);
    } else if (address->sa_family == AF_INET6) {
        memcpy(&v6, address, sizeof v6);
        memcpy(found.bytes, &v6.sin6_addr, sizeof v6.sin6_addr);
    } else {
        return false;
    }
    *ret = found;
    return true;
}

bool ip_is_public(struct ip_address address)
{
    if (address.is_v4) return !is_in_any(v4_special, sizeof v4_special / sizeof *v4_special, &address);
    return is_in(&v6_global, &address) &&
           !is_in_any(v6_special, sizeof v6_special / sizeof *v6_special, &address);
}

static bool is_own(const struct ip_policy *policy, struct ip_address address)
{
    for (size_t i = 0; i < policy->own_count; i++) {
        if (policy->own[i].is_v4 == address.is_v4 &&
            memcmp(policy->own[i].bytes, address.bytes, sizeof address.bytes) == 0)
            return true;
    }
    return false;
}

bool ip_policy_allows(const struct ip_policy *policy, struct ip_address address)
{
    if (is_in_any(policy->networks, policy->network_count, &address)) return true;
    return ip_is_public(address) && !is_own(policy, address);
}

bool ip_policy_allows_host(const struct ip_policy *policy, str host)
{
    for (size_t i = 0; i < policy->host_count; i++) {
        if (str_eq(policy->hosts[i], host)) return true;
    }
    return false;
}

size_t ip_own_addresses(struct ip_address *ret, size_t max)
{
    struct ifaddrs *interfaces;
    size_t count = 0;
    if (getifaddrs(&interfaces) != 0) return 0;
    for (const struct ifaddrs *i = interfaces; i && count < max; i = i->ifa_next) {
        if (i->ifa_addr && ip_of_sockaddr(i->ifa_addr, &ret[count])) count++;
    }
    freeifaddrs(interfaces);
    return count;
}
