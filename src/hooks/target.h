/* Where a webhook URL leads, as far as its text tells. No name is resolved here: what a name leads to is
 * judged when it is connected to.
 *
 * The URL is taken apart by libcurl, which also dials it, so that both read it the same way: numeric hosts in
 * any spelling (2130706433, 0x7f.1, 017700000001) become the address that they are.
 */
#ifndef ENRICHD_HOOKS_TARGET_H
#define ENRICHD_HOOKS_TARGET_H

#include "base/arena.h"
#include "hooks/ip_policy.h"

/* The URL's host: lower-case, without brackets, port and root dot. ret in arena. ERR_INVALID: libcurl does
 * not take the URL; ERR_NOMEM. Any thread. */
enum err hook_target_host(str url, struct arena *arena, str *ret) MUST_USE;

/* The host as hook_target_host would give it: for names out of the settings. ERR_NOMEM. */
enum err hook_host_lower(str host, struct arena *arena, str *ret) MUST_USE;

/* What is wrong with the URL's host, as the end of a sentence that begins with its key; NULL if nothing is.
 * Any thread. */
const char *hook_target_complaint(const struct ip_policy *policy, str url, struct arena *arena);

#endif
