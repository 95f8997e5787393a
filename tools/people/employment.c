/*
 * employment.c - careers and how a record tells them. Contract in employment.h.
 *
 * A full entry has every key of the contract. Most old jobs are brief ones, because that is what makes a
 * record of several jobs 3 to 4 KB long.
 */
#include "employment.h"

#include "calendar.h"
#include "company.h"
#include "text.h"

static struct job draw_job(struct rng *rng)
{
    return (struct job){
        .role = &work_roles[rng_below(rng, work_roles_count)],
        .rank = &work_ranks[rng_below(rng, work_ranks_count)],
    };
}

struct career career_draw(struct rng *rng, const struct person *p)
{
    struct career career = {.current_count = 0};
    unsigned at = CALENDAR_NOW;
    if (p->job_count > 0 && rng_chance(rng, 90))
        career.current_count = p->job_count > 1 && rng_chance(rng, 15) ? 2 : 1;
    for (unsigned i = 0; i < p->job_count; i++) {
        struct job job = draw_job(rng);
        bool is_current = i < career.current_count;
        job.end = is_current ? 0 : at;
        job.start = (is_current ? CALENDAR_NOW : at) - (unsigned)rng_between(rng, 3, 80);
        if (job.start < at) at = job.start;
        if (i > 0 && rng_chance(rng, 50)) job.role = career.jobs[i - 1].role;
        career.jobs[i] = job;
    }
    career.months_of_work = CALENDAR_NOW - at;
    return career;
}

void job_put_title(struct out *o, const struct job *job)
{
    out_str(o, job->rank->prefix);
    out_str(o, job->role->title);
}

str years_in_words(unsigned months)
{
    if (months < 12) return (str)W("Less than 1 year");
    if (months < 36) return (str)W("1 to 2 years");
    if (months < 72) return (str)W("3 to 5 years");
    return months < 132 ? (str)W("6 to 10 years") : (str)W("More than 10 years");
}

static unsigned months_held(const struct job *job)
{
    return (job->end == 0 ? CALENDAR_NOW : job->end) - job->start;
}

static void put_texts(struct out *o, struct rng *rng, const struct job *job)
{
    json_begin_string(o, "title");
    job_put_title(o, job);
    json_unquote(o);
    if (rng_chance(rng, 10)) {
        json_null(o, "description");
        return;
    }
    json_begin_string(o, "description");
    text_put_description(o, rng);
    json_unquote(o);
}

static void put_place_of_work(struct out *o, struct rng *rng, const struct company *c)
{
    json_object(o, "location");
    if (rng_chance(rng, 12)) {
        json_put_literal(o, "raw", "null");
    } else {
        json_begin_string(o, "raw");
        if (rng_chance(rng, 80)) place_put_full(o, c->hq);
        json_unquote(o);
    }
    json_close(o, '}');
}

static void put_dates(struct out *o, const struct job *job)
{
    json_key(o, "start_date");
    calendar_json_month_start(o, job->start);
    json_key(o, "end_date");
    if (job->end == 0)
        out_lit(o, "null,");
    else
        calendar_json_month_start(o, job->end);
}

static void put_domain(struct out *o, struct rng *rng, const struct company *c)
{
    if (rng_chance(rng, 4)) {
        json_null(o, "company_website_domain");
        json_null(o, "company_website");
        return;
    }
    json_begin_string(o, "company_website_domain");
    company_put_domain(o, c);
    json_unquote(o);
    json_begin_string(o, "company_website");
    out_lit(o, "https://www.");
    company_put_domain(o, c);
    out_lit(o, "/\",");
}

static void put_company_links(struct out *o, struct rng *rng, const struct company *c)
{
    put_domain(o, rng, c);
    if (rng_chance(rng, 20)) {
        json_null(o, "company_profile_picture_permalink");
    } else {
        json_begin_string(o, "company_profile_picture_permalink");
        out_lit(o, "https://media.example.net/company/");
        out_u64(o, c->id);
        out_lit(o, ".jpg\",");
    }
    json_begin_string(o, "company_professional_network_profile_url");
    out_lit(o, "https://www.linkedin.com/company/");
    out_u64(o, c->network_id);
    json_unquote(o);
}

static void put_address_parts(struct out *o, const struct place *hq)
{
    json_array(o, "company_hq_location_address_components");
    json_quoted(o, hq->city);
    if (hq->state.p != NULL) json_quoted(o, hq->state);
    json_quoted(o, hq->country);
    json_quoted(o, hq->continent);
    json_close(o, ']');
}

/* What is not known of the employer in one job of fifteen. */
#define UNKNOWN_FACTS                                                                                        \
    "\"company_headcount_latest\":null,\"company_headcount_range\":null,\"company_industries\":null,"        \
    "\"company_professional_network_industry\":null,\"company_type\":null,\"company_status\":null,"          \
    "\"company_headquarters_country\":null,\"company_hq_location\":null,"                                    \
    "\"company_hq_location_address_components\":null,"

static void put_company_facts(struct out *o, struct rng *rng, const struct company *c)
{
    json_put_integer(o, "company_headcount_latest", c->headcount);
    json_put_string(o, "company_headcount_range", company_size_range(c->headcount));
    if (rng_chance(rng, 10)) {
        json_null(o, "company_industries");
    } else {
        json_array(o, "company_industries");
        json_quoted(o, c->industry);
        if (rng_chance(rng, 30)) json_quoted(o, rng_pick(rng, &work_industries));
        json_close(o, ']');
    }
    json_put_string(o, "company_professional_network_industry", c->industry);
    json_put_string(o, "company_type", c->type);
    if (rng_chance(rng, 70))
        json_put_literal(o, "company_status", "\"active\"");
    else
        json_null(o, "company_status");
    json_put_string(o, "company_headquarters_country", c->hq->iso3);
    json_begin_string(o, "company_hq_location");
    place_put_full(o, c->hq);
    json_unquote(o);
    put_address_parts(o, c->hq);
}

static void put_years(struct out *o, const struct job *job)
{
    unsigned months = months_held(job);
    json_put_string(o, "years_at_company", years_in_words(months));
    if (months % 12 == 0)
        json_put_integer(o, "years_at_company_raw", months / 12);
    else
        json_put_decimal(o, "years_at_company_raw", months * 10 / 12, 1);
}

/* The keys that every entry has. */
static void put_brief(struct out *o, struct rng *rng, const struct job *job, const struct company *c)
{
    json_begin_string(o, "name");
    company_put_name(o, c);
    json_unquote(o);
    put_texts(o, rng, job);
    put_dates(o, job);
    json_put_integer(o, "crustdata_company_id", c->id);
}

static void put_level(struct out *o, const struct job *job)
{
    json_put_string(o, "seniority_level", job->rank->level);
    json_put_string(o, "function_category", job->role->function);
}

static void put_full(struct out *o, struct rng *rng, const struct job *job, const struct company *c)
{
    json_begin_string(o, "professional_network_id");
    out_u64(o, c->network_id);
    json_unquote(o);
    put_place_of_work(o, rng, c);
    json_put_string(o, "employment_type", rng_chance(rng, 70) ? (str)W("Full-time") : (str)W(""));
    put_company_links(o, rng, c);
    if (rng_chance(rng, 5))
        out_lit(o, "\"seniority_level\":null,\"function_category\":null,");
    else
        put_level(o, job);
    put_years(o, job);
    if (rng_chance(rng, 7))
        out_lit(o, UNKNOWN_FACTS);
    else
        put_company_facts(o, rng, c);
}

static void put_job(struct out *o, struct rng *rng, const struct person *p, const struct career *career,
                    unsigned i)
{
    const struct job *job = &career->jobs[i];
    struct company c = company_derive(p->seed, p->employers[i], false);
    json_open(o, '{');
    put_brief(o, rng, job, &c);
    json_put_bool(o, "is_default", i == 0);
    json_put_integer(o, "position_id", rng_between(rng, 1000000000, 2999999999));
    if (rng_chance(rng, i == 0 ? 28 : 4)) put_full(o, rng, job, &c);
    if (rng_chance(rng, 25))
        json_put_bool(o, "business_email_verified", i < p->email_count);
    else
        json_null(o, "business_email_verified");
    json_close(o, '}');
}

void employment_json(struct out *o, struct rng *rng, const struct person *p, const struct career *career)
{
    json_object(o, "experience");
    json_object(o, "employment_details");
    json_array(o, "current");
    for (unsigned i = 0; i < career->current_count; i++) put_job(o, rng, p, career, i);
    json_close(o, ']');
    json_array(o, "past");
    for (unsigned i = career->current_count; i < p->job_count; i++) put_job(o, rng, p, career, i);
    json_close(o, ']');
    json_close(o, '}');
    json_close(o, '}');
}
