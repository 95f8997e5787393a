/*
 * unicode.c - case, decomposition and encodings of UTF-8 text. Contract in unicode.h; the Punycode is in
 * punycode.c.
 */
#include "unicode.h"

#include "utf8.h"

/* Upper-case letters whose lower case is a constant away. */
static const struct {
    uint32_t first, last, shift;
} shifted[] = {
    {'A', 'Z', 32},     {0xC0, 0xD6, 32},   {0xD8, 0xDE, 32},   {0x391, 0x3A1, 32}, {0x3A4, 0x3AB, 32},
    {0x386, 0x386, 38}, {0x388, 0x38A, 37}, {0x410, 0x42F, 32}, {0x400, 0x40F, 80},
};

/* Alphabets of neighbours: an upper-case letter, even or odd, then its lower case. */
static const struct {
    uint32_t first, last, upper_parity;
} paired[] = {
    {0x100, 0x12F, 0}, {0x132, 0x137, 0}, {0x139, 0x148, 1},   {0x14A, 0x177, 0},
    {0x179, 0x17E, 1}, {0x218, 0x21B, 0}, {0x1EA0, 0x1EF9, 0},
};

static uint32_t paired_lower(uint32_t c)
{
    for (size_t i = 0; i < COUNT_OF(paired); i++)
        if (c >= paired[i].first && c <= paired[i].last) return (c & 1) == paired[i].upper_parity ? c + 1 : c;
    return c;
}

static uint32_t to_lower(uint32_t c)
{
    for (size_t i = 0; i < COUNT_OF(shifted); i++)
        if (c >= shifted[i].first && c <= shifted[i].last) return c + shifted[i].shift;
    return paired_lower(c);
}

static uint32_t to_upper(uint32_t c)
{
    for (size_t i = 0; i < COUNT_OF(shifted); i++) {
        uint32_t upper = c - shifted[i].shift;
        if (upper >= shifted[i].first && upper <= shifted[i].last) return upper;
    }
    return paired_lower(c - 1) == c ? c - 1 : c;
}

void unicode_put_lower(struct out *o, str s)
{
    for (size_t at = 0; at < s.n;) utf8_put(o, to_lower(utf8_next(s, &at)));
}

void unicode_put_upper(struct out *o, str s)
{
    for (size_t at = 0; at < s.n;) utf8_put(o, to_upper(utf8_next(s, &at)));
}

struct decomposition {
    uint32_t composed, base, mark;
};

static const struct decomposition decompositions[] = {
    {0xE0, 'a', 0x300},       {0xE1, 'a', 0x301},       {0xE2, 'a', 0x302},    {0xE3, 'a', 0x303},
    {0xE4, 'a', 0x308},       {0xE5, 'a', 0x30A},       {0xE7, 'c', 0x327},    {0xE8, 'e', 0x300},
    {0xE9, 'e', 0x301},       {0xEA, 'e', 0x302},       {0xEB, 'e', 0x308},    {0xED, 'i', 0x301},
    {0xEF, 'i', 0x308},       {0xF1, 'n', 0x303},       {0xF3, 'o', 0x301},    {0xF4, 'o', 0x302},
    {0xF5, 'o', 0x303},       {0xF6, 'o', 0x308},       {0xFA, 'u', 0x301},    {0xFC, 'u', 0x308},
    {0xFD, 'y', 0x301},       {0x101, 'a', 0x304},      {0x107, 'c', 0x301},   {0x10D, 'c', 0x30C},
    {0x117, 'e', 0x307},      {0x11F, 'g', 0x306},      {0x144, 'n', 0x301},   {0x151, 'o', 0x30B},
    {0x159, 'r', 0x30C},      {0x15B, 's', 0x301},      {0x15F, 's', 0x327},   {0x161, 's', 0x30C},
    {0x163, 't', 0x327},      {0x17C, 'z', 0x307},      {0x17E, 'z', 0x30C},   {0x219, 's', 0x326},
    {0x1EA3, 'a', 0x309},     {0x439, 0x438, 0x306},    {0x451, 0x435, 0x308}, {0x457, 0x456, 0x308},
    {0x3AC, 0x3B1, 0x301},    {0x3AD, 0x3B5, 0x301},    {0x3AE, 0x3B7, 0x301}, {0x3AF, 0x3B9, 0x301},
    {0x3CC, 0x3BF, 0x301},    {0x3CD, 0x3C5, 0x301},    {0x623, 0x627, 0x654}, {0x3050, 0x304F, 0x3099},
    {0x3058, 0x3057, 0x3099}, {0x30B8, 0x30B7, 0x3099},
};

/* Hangul syllables are arithmetic: lead, vowel, optional tail (Unicode, section 3.12). */
static void put_hangul(struct out *o, uint32_t c)
{
    uint32_t syllable = c - 0xAC00;
    utf8_put(o, 0x1100 + syllable / 588);
    utf8_put(o, 0x1161 + syllable % 588 / 28);
    if (syllable % 28 != 0) utf8_put(o, 0x11A7 + syllable % 28);
}

static void put_decomposed_letter(struct out *o, uint32_t c)
{
    if (c >= 0xAC00 && c <= 0xD7A3) {
        put_hangul(o, c);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(decompositions); i++) {
        if (decompositions[i].composed != c) continue;
        utf8_put(o, decompositions[i].base);
        utf8_put(o, decompositions[i].mark);
        return;
    }
    utf8_put(o, c);
}

void unicode_put_decomposed(struct out *o, str s)
{
    for (size_t at = 0; at < s.n;) put_decomposed_letter(o, utf8_next(s, &at));
}

static bool is_alphanumeric(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

void unicode_put_fullwidth(struct out *o, str s)
{
    for (size_t at = 0; at < s.n;) {
        uint32_t c = utf8_next(s, &at);
        utf8_put(o, is_alphanumeric(c) || c == '@' ? c + 0xFEE0 : c);
    }
}

void unicode_put_percent(struct out *o, str s, enum percent_style style)
{
    const char *digits = style == PERCENT_LOWER ? "0123456789abcdef" : "0123456789ABCDEF";
    bool is_eager = style == PERCENT_EAGER || style == PERCENT_TWICE;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char byte = (unsigned char)s.p[i];
        if (byte < 0x80 && !(is_eager && byte == '-')) {
            out_char(o, s.p[i]);
            continue;
        }
        out_char(o, '%');
        if (style == PERCENT_TWICE) out_lit(o, "25");
        out_char(o, digits[byte >> 4]);
        out_char(o, digits[byte & 15]);
    }
}
