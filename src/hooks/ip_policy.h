/* Which addresses a webhook may reach. Pure code, but for ip_own_addresses.
 *
 * An address is judged at the last moment, when a socket is about to be connected to it (transfer.c), so that
 * neither spellings of addresses nor names that change what they resolve to get around it. The same rule
 * refuses literal addresses early, at submission (target.c).
 *
 * Source of the lists: the special-purpose registries of IANA (RFC 6890 and its updates). IPv4 is what is
 * left after denying those. IPv6 is allowed only inside 2000::/3, less what is special there: everything that
 * embeds an IPv4 address (mapped, compatible, NAT64, 6to4, Teredo) stays outside.
 */
#ifndef ENRICHD_HOOKS_IP_POLICY_H
#define ENRICHD_HOOKS_IP_POLICY_H

#include "base/str.h"

struct sockaddr;

struct ip_address {
    uint8_t bytes[16]; /* IPv4: the first four */
    bool is_v4;
};

struct ip_network {
    struct ip_address address; /* bits behind the prefix are 0 */
    uint8_t prefix_bits;
};

/* What the operator says. Zeroed: public addresses only. The lists must outlive it; hosts are lower-case. */
struct ip_policy {
    const struct ip_network *networks; /* may be reached, special or not */
    size_t network_count;
    const str *hosts; /* whatever these names (or literal addresses) lead to may be reached */
    size_t host_count;
    const struct ip_address *own; /* this machine's: may not be reached, even if public */
    size_t own_count;
};

/* Dotted decimal or IPv6 text without brackets or zone, nothing else. ERR_INVALID. */
enum err ip_parse(str text, struct ip_address *ret) MUST_USE;

/* "10.0.0.0/8", "fd00::/8"; a bare address is a network of one. ERR_INVALID: err_detail() says what is wrong;
 * bits behind the prefix count as wrong. */
enum err ip_network_parse(str text, struct ip_network *ret) MUST_USE;

/* The address of a socket address; false if it is of another family. */
bool ip_of_sockaddr(const struct sockaddr *address, struct ip_address *ret);

/* Whether the address is a host's on the public Internet. */
bool ip_is_public(struct ip_address address);

/* Whether a webhook may reach the address. */
bool ip_policy_allows(const struct ip_policy *policy, struct ip_address address);

/* Whether the operator named this host, so that any address of it may be reached. host: lower-case. */
bool ip_policy_allows_host(const struct ip_policy *policy, str host);

/* The addresses of this machine's interfaces, at most max; how many. */
size_t ip_own_addresses(struct ip_address *ret, size_t max);

#endif
