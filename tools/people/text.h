/*
 * text.h - invented prose: sentences, summaries, headlines' ends, job descriptions.
 *
 * Sentences are runs out of word lists, so that text repeats about as much as real profiles do and gzip
 * finds about as much in it. What is appended is the inside of a JSON string: quotes, line breaks and the
 * odd \u escape are already escaped. A summary comes in the language of its author's origin, or English.
 */
#ifndef PEOPLE_TEXT_H
#define PEOPLE_TEXT_H

#include "names.h"
#include "out.h"
#include "rng.h"

/* No text of this module is longer, in bytes. */
enum { TEXT_BYTES_MAX = 8192 };

/* One sentence, with its full stop. */
void text_put_sentence(struct out *o, struct rng *rng);

/* `count` sentences with breaks between some of them; 0 is the empty text. */
void text_put_sentences(struct out *o, struct rng *rng, unsigned count);

/* A person's summary: often empty or short, at times 2 KB and more. */
void text_put_summary(struct out *o, struct rng *rng, enum origin_id origin);

/* A job's description: often empty. */
void text_put_description(struct out *o, struct rng *rng);

/* "Resilient pricing platforms": two or three words, the first capitalised or not. */
void text_put_topic(struct out *o, struct rng *rng);

#endif
