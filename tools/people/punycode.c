/*
 * punycode.c - unicode_put_idna(): labels of a domain to their xn-- form, the encoder of RFC 3492.
 *
 * Labels come in lower case and NFC, so that no mapping is needed before encoding.
 */
#include "unicode.h"

#include "utf8.h"

/* The parameters of RFC 3492, section 5. */
enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, INITIAL_BIAS = 72, LABEL_MAX = 64 };

static uint32_t adapt(uint32_t delta, uint32_t points, bool is_first)
{
    uint32_t k = 0;
    delta = is_first ? delta / DAMP : delta / 2;
    delta += delta / points;
    for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE) delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static uint32_t threshold(uint32_t k, uint32_t bias)
{
    if (k <= bias + T_MIN) return T_MIN;
    return k >= bias + T_MAX ? T_MAX : k - bias;
}

static void put_variable_length(struct out *o, uint32_t delta, uint32_t bias)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    uint32_t k = BASE, t;
    for (; delta >= (t = threshold(k, bias)); k += BASE) {
        out_char(o, digits[t + (delta - t) % (BASE - t)]);
        delta = (delta - t) / (BASE - t);
    }
    out_char(o, digits[delta]);
}

static uint32_t smallest_from(const uint32_t *points, uint32_t count, uint32_t floor)
{
    uint32_t least = UINT32_MAX;
    for (uint32_t i = 0; i < count; i++)
        if (points[i] >= floor && points[i] < least) least = points[i];
    return least;
}

static void put_encoded(struct out *o, const uint32_t *points, uint32_t count, uint32_t basic)
{
    uint32_t n = 0x80, delta = 0, bias = INITIAL_BIAS;
    for (uint32_t handled = basic; handled < count; delta++, n++) {
        uint32_t next = smallest_from(points, count, n);
        delta += (next - n) * (handled + 1);
        n = next;
        for (uint32_t i = 0; i < count; i++) {
            delta += points[i] < n;
            if (points[i] != n) continue;
            put_variable_length(o, delta, bias);
            bias = adapt(delta, handled + 1, handled == basic);
            delta = 0;
            handled++;
        }
    }
}

static void put_label(struct out *o, str label)
{
    uint32_t points[LABEL_MAX], count = 0, basic = 0;
    if (utf8_is_ascii(label)) {
        out_str(o, label);
        return;
    }
    out_lit(o, "xn--");
    for (size_t at = 0; at < label.n;) {
        must(count < LABEL_MAX);
        points[count] = utf8_next(label, &at);
        if (points[count++] >= 0x80) continue;
        out_char(o, (char)points[count - 1]);
        basic++;
    }
    if (basic > 0) out_char(o, '-');
    put_encoded(o, points, count, basic);
}

void unicode_put_idna(struct out *o, str domain)
{
    while (domain.n > 0) {
        const char *dot = memchr(domain.p, '.', domain.n);
        size_t n = dot != NULL ? (size_t)(dot - domain.p) : domain.n;
        put_label(o, (str){domain.p, n});
        if (dot == NULL) return;
        out_char(o, '.');
        domain = (str){dot + 1, domain.n - n - 1};
    }
}
