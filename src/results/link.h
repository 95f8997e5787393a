/* Signed links to result files.
 *
 * `/files/<batch id>/output/<name>?exp=<seconds>&kid=<key>&sig=<base64url>`: HMAC-SHA256 over a fixed label,
 * the path, the expiry and the key id, under the key of that id (link_keys.h). A batch whose links were
 * revoked has an epoch besides, `&epoch=<number>` before the signature, which is signed, too. Verification
 * reads the link strictly, then checks the signature in constant time, then the time; only then is storage
 * touched, where the batch's epoch is.
 */
#ifndef ENRICHD_RESULTS_LINK_H
#define ENRICHD_RESULTS_LINK_H

#include "results/file.h"
#include "results/link_keys.h"

struct link {
    struct uuid batch_id;
    struct result_file_name name;
    uint32_t epoch; /* the batch's link_epoch when it was made; another one by now: it is revoked */
};

/* Appends path and query of a link that is valid until expires_us (rounded down to a second).
 * Without a key to be had from the store, out is failed. */
void link_add(struct link_keys *keys, const struct link *link, int64_t expires_us, struct buf *out);

/* path: raw, "/files/..."; query: raw, behind the '?'. validity_us: how long links are made to last; what a
 * retired key signed expires no later than that after its end.
 * ERR_NOT_FOUND: the path names no result file. ERR_INVALID: query or signature is not one of ours (403), or
 * its key is revoked. ERR_CLOSED: a correct link whose time is over (410). Other errors: of the store. */
enum err link_check(struct link_keys *keys, str path, str query, int64_t now_us, int64_t validity_us,
                    struct link *ret) MUST_USE;

#endif
