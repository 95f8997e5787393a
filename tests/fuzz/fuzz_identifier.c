/* Fuzzes identifiers: the first byte picks the kind, the rest is the input.
 *
 * Beside not crashing, three things must hold: IDENTIFIER_ARENA_BYTES are enough, a key's text is UTF-8 of at
 * most KEY_BYTES_MAX, and what key_display shows of the key gives the same key again.
 */
#include "entity/identifier.h"

#include <unistr.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum identifier_kind kind_of_byte(uint8_t byte)
{
    static const enum identifier_kind kinds[] = {
        IDENTIFIER_PROFILE_URL, IDENTIFIER_BUSINESS_EMAIL, IDENTIFIER_COMPANY_URL,
        IDENTIFIER_DOMAIN,      IDENTIFIER_NAME,           IDENTIFIER_COMPANY_ID,
    };
    return kinds[byte % (sizeof kinds / sizeof *kinds)];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena, display_arena;
    struct key key, again;
    if (size == 0) return 0;
    enum identifier_kind kind = kind_of_byte(data[0]);
    arena_init(&arena, IDENTIFIER_ARENA_BYTES);
    arena_init(&display_arena, 2 * IDENTIFIER_ARENA_BYTES);
    enum err outcome = identifier_key(kind, str_of(data + 1, size - 1), &arena, &key);
    must(outcome == OK || outcome == ERR_INVALID);
    if (outcome == OK) {
        must(key.text.n > 0 && key.text.n <= KEY_BYTES_MAX);
        must(!u8_check((const uint8_t *)key.text.p, key.text.n));
        must(identifier_key(kind, key_display(key, &display_arena), &display_arena, &again) == OK);
        must(key_eq(key, again));
    }
    arena_fini(&display_arena);
    arena_fini(&arena);
    return 0;
}
