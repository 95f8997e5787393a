/*
 * text_words.h - the words that text.c builds sentences from.
 */
#ifndef PEOPLE_TEXT_WORDS_H
#define PEOPLE_TEXT_WORDS_H

#include "names.h"

extern const struct list text_deeds;      /* "Led", first word of a sentence */
extern const struct list text_adjectives; /* "regional" */
extern const struct list text_nouns;      /* "pricing", before another noun */
extern const struct list text_plurals;    /* "programmes" */
extern const struct list text_links;      /* "for" */
extern const struct list text_manners;    /* "working closely with" */
extern const struct list text_mentions;   /* "known as", before a coined name */
extern const struct list text_openings;   /* "Vel", first syllable of a coined name */
extern const struct list text_syllables;  /* "kor" */

/* Whole sentences in the languages of an origin; no items: English only. */
extern const struct list text_phrases[ORIGIN_COUNT];

#endif
