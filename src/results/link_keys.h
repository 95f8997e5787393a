/* The keys that sign links to result files: numbered, derived from the master secret, rotated while the
 * server runs.
 *
 * The control store has the list of them (struct link_key); here they are kept ready and read again when the
 * store's mark says that some process has changed it. The newest one signs. Any thread.
 */
#ifndef ENRICHD_RESULTS_LINK_KEYS_H
#define ENRICHD_RESULTS_LINK_KEYS_H

#include "store/control.h"

struct link_keys;

/* master: the 32 bytes of secret.key. control outlives the keys. */
enum err link_keys_new(str master, struct control *control, struct link_keys **ret) MUST_USE;
void link_keys_free(struct link_keys *keys); /* accepts NULL */

/* The number of the key that signs now. An error of the store: there is none to be had. */
enum err link_keys_newest(struct link_keys *keys, uint32_t *ret_kid) MUST_USE;

/* Signs a text by the key of that number, whatever has become of it, which *ret says. ERR_NOT_FOUND: there is
 * no such key; or an error of the store. */
enum err link_keys_sign(struct link_keys *keys, uint32_t kid, str text, uint8_t ret_mac[SHA256_BYTES],
                        struct link_key *ret) MUST_USE;

#endif
