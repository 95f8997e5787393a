/*
 * str.h - strings that carry their length, lists of them, and the bug check.
 *
 * Everything the generator knows (names, places, words) is constant text in such lists. The text of a
 * list is the inside of a JSON string: quotes and control characters are already escaped.
 * Next: rng.h (choosing from lists), out.h (writing).
 */
#ifndef PEOPLE_STR_H
#define PEOPLE_STR_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    const char *p;
    size_t n;
} str;

struct list {
    const str *items;
    uint32_t count;
};

/* Initialisers: one string, and the list over an array of them. */
#define W(literal)                                                                                           \
    {                                                                                                        \
        (literal), sizeof(literal) - 1                                                                       \
    }
#define COUNT_OF(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))
#define LIST(array)                                                                                          \
    {                                                                                                        \
        (array), COUNT_OF(array)                                                                             \
    }

/* Stops the program when the program itself is wrong. Stays on in release builds. */
#define must(cond)                                                                                           \
    do {                                                                                                     \
        if (!(cond)) {                                                                                       \
            fprintf(stderr, "people: bug: %s (%s:%d)\n", #cond, __FILE__, __LINE__);                         \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

#endif
