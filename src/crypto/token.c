/* Making and reading API keys. */
#include "crypto/token.h"

#include <zlib.h>

#include "base/os.h"

#define PREFIX         STR("enr_live_")
#define RANDOM_CHARS   ((size_t)30)
#define CHECKSUM_CHARS ((size_t)6)

static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* Bytes of 248 and more are thrown away, so that every character is equally likely. */
static char random_char(void)
{
    uint8_t byte;
    do os_random(&byte, 1);
    while (byte >= 248);
    return base62[byte % 62];
}

static void add_checksum(const char *text, char *ret)
{
    unsigned long crc = crc32(0, (const unsigned char *)text, (unsigned)(PREFIX.n + RANDOM_CHARS));
    for (size_t i = CHECKSUM_CHARS; i-- > 0; crc /= 62) ret[i] = base62[crc % 62];
}

static void describe(const char *text, struct token *ret)
{
    memcpy(ret->id, text + PREFIX.n, TOKEN_ID_BYTES);
    sha256(str_of(text, TOKEN_TEXT_BYTES), ret->hash);
}

void token_new(char ret_text[TOKEN_TEXT_BYTES], struct token *ret)
{
    memcpy(ret_text, PREFIX.p, PREFIX.n);
    for (size_t i = 0; i < RANDOM_CHARS; i++) ret_text[PREFIX.n + i] = random_char();
    add_checksum(ret_text, ret_text + PREFIX.n + RANDOM_CHARS);
    describe(ret_text, ret);
}

enum err token_parse(str text, struct token *ret)
{
    char checksum[CHECKSUM_CHARS];
    if (text.n != TOKEN_TEXT_BYTES || !str_starts(text, PREFIX)) return ERR_INVALID;
    for (size_t i = PREFIX.n; i < text.n; i++) {
        if (!char_is_digit(text.p[i]) && !char_is_alpha(text.p[i])) return ERR_INVALID;
    }
    add_checksum(text.p, checksum);
    if (!mac_equal(checksum, text.p + PREFIX.n + RANDOM_CHARS, CHECKSUM_CHARS)) return ERR_INVALID;
    describe(text.p, ret);
    return OK;
}
