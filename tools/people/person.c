/*
 * person.c - deriving a person: who, where, which employers, who has an email. Contract in person.h; the
 * text of names, slugs and emails is in person_handles.c.
 */
#include "person.h"

#include "company.h"

/* Email presence is dealt out in blocks, so that the people who have one can be counted and numbered
 * without looking at anybody. */
enum { EMAIL_BLOCK = 10, EMAIL_BLOCK_WITH = 7 };

/* The members of a block in random order; the first EMAIL_BLOCK_WITH of them have an email. */
struct email_block {
    unsigned char order[EMAIL_BLOCK];
};

static struct email_block email_block_at(uint64_t seed, uint64_t block)
{
    struct rng rng = rng_at(seed, STREAM_EMAIL_BLOCK, block);
    struct email_block b = {{0}};
    for (unsigned i = 0; i < EMAIL_BLOCK; i++) {
        unsigned at = (unsigned)rng_below(&rng, i + 1);
        b.order[i] = b.order[at];
        b.order[at] = (unsigned char)i;
    }
    return b;
}

static bool has_email(uint64_t seed, uint64_t index)
{
    struct email_block b = email_block_at(seed, index / EMAIL_BLOCK);
    for (unsigned i = 0; i < EMAIL_BLOCK_WITH; i++)
        if (b.order[i] == index % EMAIL_BLOCK) return true;
    return false;
}

uint64_t person_count_with_email(uint64_t seed, uint64_t people)
{
    uint64_t count = people / EMAIL_BLOCK * EMAIL_BLOCK_WITH;
    for (uint64_t i = people / EMAIL_BLOCK * EMAIL_BLOCK; i < people; i++) count += has_email(seed, i);
    return count;
}

uint64_t person_index_with_email(uint64_t seed, uint64_t people, uint64_t rank)
{
    uint64_t block = rank / EMAIL_BLOCK_WITH, start = block * EMAIL_BLOCK;
    uint64_t left = rank % EMAIL_BLOCK_WITH;
    struct email_block b = email_block_at(seed, block);
    for (unsigned i = 0; i < EMAIL_BLOCK_WITH; i++)
        if (start + b.order[i] < people && left-- == 0) return start + b.order[i];
    must(false && "rank is below person_count_with_email()");
    return 0;
}

static const struct name_part *draw_part(struct rng *rng, const struct name_parts *parts)
{
    return parts->count == 0 ? NULL : &parts->items[rng_below(rng, parts->count)];
}

static void draw_names(struct person *p, struct rng *rng)
{
    p->home = &places[rng_below(rng, places_count)];
    p->origin_id = rng_chance(rng, 55) ? p->home->origin : ORIGIN_WESTERN;
    p->origin = &names_origins[p->origin_id];
    p->given = draw_part(rng, &p->origin->given);
    p->family_head = draw_part(rng, &p->origin->family_head);
    p->family_tail = draw_part(rng, &p->origin->family_tail);
}

static enum slug_style draw_slug_style(const struct person *p, struct rng *rng)
{
    unsigned percent = (unsigned)rng_below(rng, 100);
    if (percent < 1) return SLUG_EMOJI;
    if (!p->origin->is_ascii && percent < 60) return SLUG_NATIVE;
    if (percent < 75) return SLUG_FULL;
    return percent < 88 ? SLUG_JOINED : SLUG_INITIAL;
}

/* 12% have a second slug, 4% an opaque member id as well or instead. */
static void draw_urls(struct person *p, struct rng *rng)
{
    p->url_count = rng_chance(rng, 12) ? 2 : 1;
    for (unsigned i = 0; i < p->url_count; i++) {
        p->urls[i].style = draw_slug_style(p, rng);
        p->urls[i].kind = rng_chance(rng, 33) ? URL_PERCENT : URL_SLUG;
    }
    if (rng_chance(rng, 4)) p->urls[p->url_count++].kind = URL_MEMBER;
}

/* Older companies have more people: half of all jobs are at the lower of two draws. */
static uint64_t draw_employer(const struct person *p, struct rng *rng)
{
    uint64_t companies = company_population(p->index + 1);
    uint64_t one = rng_below(rng, companies), other = rng_below(rng, companies);
    return rng_chance(rng, 50) && other < one ? other : one;
}

static void draw_jobs(struct person *p, struct rng *rng)
{
    static const unsigned char counts[] = {0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 4, 6};
    p->job_count = counts[rng_below(rng, sizeof counts)];
    if (p->job_count == 0 && p->email_count > 0) p->job_count = 1;
    for (unsigned i = 0; i < p->job_count; i++) {
        bool is_promotion = i > 0 && rng_chance(rng, 15);
        p->employers[i] = is_promotion ? p->employers[i - 1] : draw_employer(p, rng);
    }
}

static void draw_emails(struct person *p, struct rng *rng)
{
    unsigned percent = (unsigned)rng_below(rng, 100);
    if (!p->is_unknown && !has_email(p->seed, p->index)) return;
    p->email_count = percent < 78 ? 1 : percent < 96 ? 2 : PERSON_EMAILS_MAX;
    for (unsigned i = 0; i < p->email_count; i++) p->email_styles[i] = (unsigned)rng_below(rng, 100);
}

struct person person_derive(uint64_t seed, uint64_t index, bool is_unknown)
{
    struct person p = {.seed = seed, .index = index, .is_unknown = is_unknown};
    struct rng rng = rng_at(seed, STREAM_PERSON + (is_unknown ? STREAM_UNKNOWN : 0), index);
    must(index < PERSON_POPULATION_MAX);
    p.id = PERSON_ID_BASE + index;
    draw_names(&p, &rng);
    draw_urls(&p, &rng);
    draw_emails(&p, &rng);
    draw_jobs(&p, &rng);
    return p;
}
