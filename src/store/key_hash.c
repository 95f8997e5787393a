/* Keys to hashes. */
#include "store/key_hash.h"

uint64_t key_hash_id(struct hash_key secret, int64_t id)
{
    char bytes[1 + sizeof id] = {KEY_ID};
    memcpy(bytes + 1, &id, sizeof id);
    return hash_bytes(secret, str_of(bytes, sizeof bytes));
}

uint64_t key_hash(struct hash_key secret, struct key key)
{
    char bytes[1 + KEY_BYTES_MAX];
    if (key.kind == KEY_ID) {
        uint64_t id = 0;
        if (str_to_u64(key.text, INT64_MAX, &id) != OK) id = 0;
        return key_hash_id(secret, (int64_t)id);
    }
    must(key.text.n <= KEY_BYTES_MAX);
    bytes[0] = (char)key.kind;
    if (key.text.n) memcpy(bytes + 1, key.text.p, key.text.n);
    return hash_bytes(secret, str_of(bytes, 1 + key.text.n));
}

uint64_t key_hash_second(struct hash_key secret, struct key key)
{
    secret.k0 ^= 0x7365636f6e642121u;
    return key_hash(secret, key);
}
