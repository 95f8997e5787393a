/* Signed links to result files.
 *
 * `/files/<batch id>/output/<name>?exp=<seconds>&kid=<key>&sig=<base64url>`: HMAC-SHA256 over a fixed label,
 * the path, the expiry and the key id, under a key that is derived from the master secret for this purpose
 * only. Verification reads the link strictly, then checks the signature in constant time, then the time; only
 * then is storage touched.
 */
#ifndef ENRICHD_RESULTS_LINK_H
#define ENRICHD_RESULTS_LINK_H

#include "crypto/mac.h"
#include "results/file.h"

struct link_keys {
    struct mac_key key; /* for kid 1 */
};

/* Derives the link keys from the master secret. */
void link_keys_init(struct link_keys *keys, str master);
void link_keys_fini(struct link_keys *keys); /* accepts zeroed ones */

/* Appends path and query of a link that is valid until expires_us (rounded down to a second). */
void link_add(const struct link_keys *keys, struct uuid batch_id, struct result_file_name name,
              int64_t expires_us, struct buf *out);

struct link {
    struct uuid batch_id;
    struct result_file_name name;
};

/* path: raw, "/files/..."; query: raw, behind the '?'.
 * ERR_NOT_FOUND: the path names no result file. ERR_INVALID: query or signature is not one of ours (403).
 * ERR_CLOSED: a correct link whose time is over (410). */
enum err link_check(const struct link_keys *keys, str path, str query, int64_t now_us,
                    struct link *ret) MUST_USE;

#endif
