/*
 * text.c - sentences out of word lists. Contract in text.h, English words in text_words.c.
 */
#include "text.h"

#include "text_words.h"

/* What makes a JSON string hard to copy: escapes of every kind, and letters beyond the first plane. */
static const str oddities[] = {
    W(" \\\"best effort\\\""),
    W(" \\u2013 really"),
    W(" (a\\\\b)"),
    W("\\t"),
    W(" 🚀"),
    W(" \\ud83d\\ude80"),
    W(" & co"),
    W(" <b>bold</b>"),
    W(" and\\/or"),
    W(" caf\\u00e9 talks"),
    W(" ‘quoted’"),
    W(" 👩🏽‍💻"),
    W(" ✅"),
    W("\\u00a0"),
    W(" naïve"),
    W(" 100 %"),
    W(" €2.5m"),
};
static const struct list oddity_list = LIST(oddities);

static const str breaks[] = {
    W(" "), W(" "), W(" "), W(" "), W("\\n"), W("\\n\\n"), W("\\n- "), W("\\r\\n"), W("\\n• "), W("  "),
};
static const struct list break_list = LIST(breaks);

static void put_word(struct out *o, struct rng *rng, const struct list *list)
{
    out_char(o, ' ');
    out_str(o, rng_pick(rng, list));
}

/* A product or project name nobody has used: "Velkorin". */
static void put_coinage(struct out *o, struct rng *rng)
{
    uint64_t syllables = rng_between(rng, 1, 3);
    out_str(o, rng_pick(rng, &text_openings));
    for (uint64_t i = 0; i < syllables; i++) out_str(o, rng_pick(rng, &text_syllables));
}

/* "... regional pricing programmes" */
static void put_thing(struct out *o, struct rng *rng)
{
    put_word(o, rng, &text_adjectives);
    put_word(o, rng, &text_nouns);
    put_word(o, rng, &text_plurals);
}

/* "Led regional pricing programmes for seasonal field teams" */
static void put_deed(struct out *o, struct rng *rng)
{
    out_str(o, rng_pick(rng, &text_deeds));
    put_thing(o, rng);
    if (rng_chance(rng, 45)) {
        put_word(o, rng, &text_links);
        put_thing(o, rng);
    }
}

/* "Cut audit costs by 37% in 3 years" */
static void put_figure(struct out *o, struct rng *rng)
{
    out_str(o, rng_chance(rng, 50) ? (str)W("Raised") : (str)W("Cut"));
    put_word(o, rng, &text_nouns);
    put_word(o, rng, &text_plurals);
    out_lit(o, " by ");
    out_u64(o, rng_between(rng, 2, 95));
    out_lit(o, "% in ");
    out_u64(o, rng_between(rng, 2, 24));
    out_lit(o, " months");
}

void text_put_sentence(struct out *o, struct rng *rng)
{
    if (rng_chance(rng, 15))
        put_figure(o, rng);
    else
        put_deed(o, rng);
    if (rng_chance(rng, 25)) {
        out_lit(o, ", ");
        out_str(o, rng_pick(rng, &text_manners));
        put_thing(o, rng);
    }
    if (rng_chance(rng, 80)) {
        put_word(o, rng, &text_mentions);
        out_char(o, ' ');
        put_coinage(o, rng);
    }
    if (rng_chance(rng, 6)) out_str(o, rng_pick(rng, &oddity_list));
    out_char(o, '.');
}

void text_put_sentences(struct out *o, struct rng *rng, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (i > 0) out_str(o, rng_pick(rng, &break_list));
        text_put_sentence(o, rng);
    }
}

/* How many sentences a summary has: for 18% none, for 7% as many as make about 2 KB. */
static unsigned summary_length(struct rng *rng)
{
    unsigned percent = (unsigned)rng_below(rng, 100);
    if (percent < 18) return 0;
    if (percent < 72) return (unsigned)rng_between(rng, 1, 3);
    if (percent < 93) return (unsigned)rng_between(rng, 4, 6);
    return (unsigned)rng_between(rng, 14, 30);
}

void text_put_summary(struct out *o, struct rng *rng, enum origin_id origin)
{
    const struct list *phrases = &text_phrases[origin];
    unsigned count = summary_length(rng);
    if (phrases->count == 0 || rng_chance(rng, 40)) {
        text_put_sentences(o, rng, count);
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        out_str(o, rng_pick(rng, phrases));
        out_str(o, rng_pick(rng, &break_list));
    }
}

void text_put_description(struct out *o, struct rng *rng)
{
    unsigned percent = (unsigned)rng_below(rng, 100);
    if (percent < 50) return;
    text_put_sentences(o, rng, (unsigned)rng_between(rng, 1, percent < 90 ? 2 : 6));
}

void text_put_topic(struct out *o, struct rng *rng)
{
    if (rng_chance(rng, 50)) {
        out_str(o, rng_pick(rng, &text_deeds));
        out_char(o, ' ');
    }
    out_str(o, rng_pick(rng, &text_adjectives));
    put_word(o, rng, &text_nouns);
    put_word(o, rng, &text_plurals);
}
