/* Version 7 UUIDs with a sequence in the bits behind the time. */
#include "crypto/uuid.h"

#include <pthread.h>

#include "base/os.h"

/* The latest time and sequence handed out: 48 bits of milliseconds and 12 of sequence, as one number that
 * only grows. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards latest */
static uint64_t latest;

static uint64_t next_stamp(void)
{
    uint64_t stamp = ((uint64_t)os_now_us() / 1000) << 12;
    pthread_mutex_lock(&lock);
    if (stamp <= latest) stamp = latest + 1;
    latest = stamp;
    pthread_mutex_unlock(&lock);
    return stamp;
}

/* Every request has an id: random bytes are taken from the system for many of them at once. */
static void take_random(uint8_t *out, size_t n)
{
    static _Thread_local uint8_t bytes[512];
    static _Thread_local size_t left;
    must(n <= sizeof bytes);
    if (left < n) {
        os_random(bytes, sizeof bytes);
        left = sizeof bytes;
    }
    left -= n;
    memcpy(out, bytes + left, n);
}

struct uuid uuid_new(void)
{
    struct uuid id;
    uint64_t stamp = next_stamp();
    take_random(id.bytes + 8, 8);
    for (int i = 0; i < 6; i++) id.bytes[i] = (uint8_t)(stamp >> (52 - 8 * i));
    id.bytes[6] = (uint8_t)(0x70 | ((stamp >> 8) & 0x0f));
    id.bytes[7] = (uint8_t)stamp;
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3f));
    return id;
}

static bool is_hyphen_place(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

struct uuid_text uuid_text(struct uuid id)
{
    static const char hex[] = "0123456789abcdef";
    struct uuid_text text;
    char *at = text.p;
    for (size_t i = 0; i < sizeof id.bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *at++ = '-';
        *at++ = hex[id.bytes[i] >> 4];
        *at++ = hex[id.bytes[i] & 15];
    }
    return text;
}

enum err uuid_parse(str text, struct uuid *ret)
{
    struct uuid id = {{0}};
    size_t nibble = 0;
    if (text.n != UUID_TEXT_BYTES) return ERR_INVALID;
    for (size_t i = 0; i < UUID_TEXT_BYTES; i++) {
        if (is_hyphen_place(i)) {
            if (text.p[i] != '-') return ERR_INVALID;
            continue;
        }
        int digit = char_hex(text.p[i]);
        if (digit < 0) return ERR_INVALID;
        id.bytes[nibble / 2] = (uint8_t)(id.bytes[nibble / 2] | (digit << (nibble % 2 ? 0 : 4)));
        nibble++;
    }
    *ret = id;
    return OK;
}
