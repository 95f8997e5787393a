/* The table of letters, and one step through a text. */
#include "entity/plain_text.h"

/* A run of letters: lower case or without case (shift 0), upper case (shift leads to the lower case), or both
 * in turn, each upper case followed by its lower case. Upper and lower case have equally many bytes in UTF-8.
 */
struct letters {
    uint32_t first, last;
    uint32_t shift;
    bool is_in_pairs;
};

static const struct letters letters[] = {
    {0x00c0, 0x00d6, 0x20, false}, /* Latin */
    {0x00d8, 0x00de, 0x20, false}, {0x00e0, 0x00f6, 0, false},    {0x00f8, 0x00ff, 0, false},
    {0x0100, 0x012f, 1, true},     {0x0131, 0x0131, 0, false},    {0x0134, 0x0137, 1, true},
    {0x0139, 0x013e, 1, true},     {0x0141, 0x0148, 1, true},     {0x014a, 0x0177, 1, true},
    {0x0179, 0x017e, 1, true},     {0x0218, 0x021b, 1, true},     {0x0391, 0x03a1, 0x20, false}, /* Greek */
    {0x03a4, 0x03ab, 0x20, false}, {0x03ac, 0x03af, 0, false},    {0x03b1, 0x03c1, 0, false},
    {0x03c3, 0x03ce, 0, false},    {0x0400, 0x040f, 0x50, false}, /* Cyrillic */
    {0x0410, 0x042f, 0x20, false}, {0x0430, 0x045f, 0, false},    {0x0490, 0x0491, 1, true},
    {0x05d0, 0x05ea, 0, false},                                /* Hebrew */
    {0x0621, 0x063a, 0, false},                                /* Arabic */
    {0x0641, 0x064a, 0, false},    {0x0904, 0x0939, 0, false}, /* Devanagari */
    {0x093e, 0x094d, 0, false},                                /* its vowel signs */
    {0x1e00, 0x1e95, 1, true},                                 /* Latin, many of them Vietnamese */
    {0x1ea0, 0x1eff, 1, true},     {0x3041, 0x3096, 0, false}, /* Hiragana */
    {0x30a1, 0x30fa, 0, false},                                /* Katakana */
    {0x30fc, 0x30fc, 0, false},    {0x4e00, 0x9fff, 0, false}, /* Han */
    {0xac00, 0xd7a3, 0, false},                                /* Hangul */
};
#define LETTERS_COUNT (sizeof letters / sizeof *letters)

/* The lower case of a letter; 0 for characters that are not in the table. */
static uint32_t letter_lower(uint32_t c)
{
    size_t low = 0, high = LETTERS_COUNT;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c > letters[middle].last) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == LETTERS_COUNT || c < letters[low].first) return 0;
    bool is_lower = letters[low].is_in_pairs && (c - letters[low].first) % 2;
    return is_lower ? c : c + letters[low].shift;
}

struct letter {
    uint32_t lower;
    size_t bytes; /* 0: there is none */
};

static bool is_tail_byte(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

static struct letter letter_at(str text)
{
    const uint8_t *p = (const uint8_t *)text.p;
    uint32_t c = 0;
    size_t bytes = 0;
    if ((p[0] & 0xe0) == 0xc0 && text.n >= 2 && is_tail_byte(p[1])) {
        c = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
        bytes = 2;
    } else if ((p[0] & 0xf0) == 0xe0 && text.n >= 3 && is_tail_byte(p[1]) && is_tail_byte(p[2])) {
        c = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
        bytes = c < 0x800 ? 0 : 3; /* in two bytes it would be valid */
    }
    uint32_t lower = bytes ? letter_lower(c) : 0;
    return (struct letter){lower, lower ? bytes : 0};
}

static void put_letter(char *out, struct letter letter)
{
    uint32_t c = letter.lower;
    if (letter.bytes == 2) {
        out[0] = (char)(0xc0 | c >> 6);
    } else {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
    }
    out[letter.bytes - 1] = (char)(0x80 | (c & 0x3f));
}

static bool is_lone_blank(str text, size_t at)
{
    return text.p[at] == ' ' && at > 0 && at + 1 < text.n && text.p[at - 1] != ' ';
}

/* The index behind the character at `at`, whose lower case goes to out; `at` itself if it is not plain. */
static size_t lower_step(str text, size_t at, char *out)
{
    struct letter letter;
    if (is_lone_blank(text, at)) {
        out[at] = ' ';
        return at + 1;
    }
    letter = letter_at(str_from(text, at));
    if (letter.bytes) put_letter(out + at, letter);
    return at + letter.bytes;
}

bool plain_text_lower(str text, char *out)
{
    for (size_t at = 0, end; at < text.n; at = end) {
        char c = text.p[at];
        if (c > ' ' && c <= '~') {
            out[at] = char_lower(c);
            end = at + 1;
        } else if ((end = lower_step(text, at, out)) == at) {
            return false;
        }
    }
    return text.n > 0;
}

bool plain_text_check(str text)
{
    for (size_t at = 0, bytes; at < text.n; at += bytes) {
        char c = text.p[at];
        bool is_ascii = (c > ' ' && c <= '~') || is_lone_blank(text, at);
        bytes = is_ascii ? 1 : letter_at(str_from(text, at)).bytes;
        if (bytes == 0) return false;
    }
    return text.n > 0;
}

size_t plain_letter_bytes(str text)
{
    return letter_at(text).bytes;
}
