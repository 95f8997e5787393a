/*
 * company_growth.c - headcount, followers and hiring of a company's record, with their series. Contract in
 * company_record.h.
 */
#include "calendar.h"
#include "company_record.h"
#include "draw.h"
#include "work.h"

enum { SERIES_MONTHS = 6 };

/* A signed percentage with two digits after the point. */
static void put_percent(struct out *o, struct rng *rng)
{
    if (rng_chance(rng, 30)) out_char(o, '-');
    json_decimal(o, rng_below(rng, 3000), 2);
}

#define put_percent_member(o, key, rng) (json_key(o, key), put_percent((o), (rng)))

/* A monthly series that ends at `last`; `key` holds the quoted name of the number and its colon. */
static void put_series(struct out *o, struct rng *rng, str key, uint64_t last)
{
    uint64_t value = last - last / 4;
    json_open(o, '[');
    for (unsigned i = 0; i < SERIES_MONTHS; i++) {
        bool is_last = i + 1 == SERIES_MONTHS;
        json_open(o, '{');
        json_key(o, "date");
        calendar_json_date(o, CALENDAR_NOW - SERIES_MONTHS + 1 + i, 1);
        out_str(o, key);
        json_integer(o, is_last ? last : value);
        json_close(o, '}');
        value += rng_below(rng, last / 20 + 1);
    }
    json_close(o, ']');
}

static void put_growth(struct out *o, struct rng *rng)
{
    json_object(o, "growth_percent");
    put_percent_member(o, "1m", rng);
    put_percent_member(o, "3m", rng);
    put_percent_member(o, "6m", rng);
    put_percent_member(o, "12m", rng);
    json_close(o, '}');
    json_object(o, "growth_absolute");
    json_put_integer(o, "1m", rng_below(rng, 10));
    json_put_integer(o, "3m", rng_below(rng, 30));
    json_put_integer(o, "6m", rng_below(rng, 60));
    json_put_integer(o, "12m", rng_below(rng, 120));
    json_close(o, '}');
}

/* A map from some items of a list, all different, to numbers up to `most`; to percentages if it is 0. */
static void put_map(struct out *o, struct rng *rng, const struct list *keys, uint64_t most)
{
    uint64_t start = rng_below(rng, keys->count), count = rng_between(rng, 1, 4);
    json_open(o, '{');
    for (uint64_t i = 0; i < count; i++) {
        out_char(o, '"');
        out_str(o, keys->items[(start + i) % keys->count]);
        out_lit(o, "\":");
        if (most == 0)
            put_percent(o, rng);
        else
            json_integer(o, rng_below(rng, most + 1));
    }
    json_close(o, '}');
}

#define put_map_member(o, key, rng, keys, most) (json_key(o, key), put_map((o), (rng), (keys), (most)))

static void put_region(struct out *o, const struct company *c)
{
    json_object(o, "by_region_absolute");
    out_char(o, '"');
    out_str(o, c->hq->country);
    out_lit(o, "\":");
    json_integer(o, c->headcount);
    json_close(o, '}');
    json_object(o, "by_region_percent");
    out_char(o, '"');
    out_str(o, c->hq->country);
    out_lit(o, "\":100.0");
    json_close(o, '}');
}

static void put_function_series(struct out *o, struct rng *rng, const struct company *c)
{
    json_object(o, "by_function_timeseries");
    json_object(o, "CURRENT_FUNCTION");
    json_key(o, "Engineering");
    put_series(o, rng, (str)W("\"employee_count\":"), c->headcount / 3);
    json_close(o, '}');
    json_put_literal(o, "GEO_REGION", "{}");
    json_close(o, '}');
}

/* The breakdowns that only closely watched companies have. */
static void put_breakdowns(struct out *o, struct rng *rng, const struct company *c)
{
    put_map_member(o, "by_role_growth_6m_pct", rng, &work_functions, 0);
    put_map_member(o, "by_role_growth_yoy_pct", rng, &work_functions, 0);
    put_map_member(o, "by_skill_absolute", rng, &work_skills, c->headcount);
    put_map_member(o, "by_skill_percent", rng, &work_skills, 0);
    put_function_series(o, rng, c);
}

static void put_headcount(struct out *o, struct rng *rng, const struct company *c)
{
    json_object(o, "headcount");
    json_put_integer(o, "total", c->headcount);
    json_put_string(o, "largest_headcount_country", c->hq->iso3);
    json_key(o, "timeseries");
    put_series(o, rng, (str)W("\"employee_count\":"), c->headcount);
    put_growth(o, rng);
    put_map_member(o, "by_role_absolute", rng, &work_functions, c->headcount);
    put_map_member(o, "by_role_percent", rng, &work_functions, 0);
    put_region(o, c);
    if (rng_chance(rng, 20)) put_breakdowns(o, rng, c);
    json_close(o, '}');
}

static void put_followers(struct out *o, struct rng *rng, const struct company *c)
{
    uint64_t count = c->headcount * rng_between(rng, 2, 60);
    json_object(o, "followers");
    json_put_integer(o, "count", count);
    put_percent_member(o, "mom_percent", rng);
    put_percent_member(o, "qoq_percent", rng);
    put_percent_member(o, "six_months_growth_percent", rng);
    put_percent_member(o, "yoy_percent", rng);
    json_key(o, "timeseries");
    put_series(o, rng, (str)W("\"follower_count\":"), count);
    json_close(o, '}');
}

static void put_opening(struct out *o, struct rng *rng, const struct company *c)
{
    const struct role *role = &work_roles[rng_below(rng, work_roles_count)];
    json_open(o, '{');
    json_put_string(o, "title", role->title);
    json_begin_string(o, "location");
    place_put_full(o, c->hq);
    json_unquote(o);
    json_key(o, "posted_date");
    calendar_json_date(o, CALENDAR_NOW, (unsigned)rng_between(rng, 1, 28));
    json_begin_string(o, "job_url");
    out_lit(o, "https://jobs.example.org/");
    out_u64(o, rng_below(rng, 100000000));
    json_unquote(o);
    json_put_string(o, "function", role->function);
    json_close(o, '}');
}

static void put_hiring(struct out *o, struct rng *rng, const struct company *c)
{
    uint64_t openings = rng_below(rng, c->headcount / 10 + 4);
    json_object(o, "hiring");
    json_null(o, "recent_titles_csv");
    json_put_integer(o, "openings_count", openings);
    put_percent_member(o, "openings_growth_percent", rng);
    put_map_member(o, "by_function_qoq_pct", rng, &work_functions, 0);
    put_map_member(o, "by_function_6m_pct", rng, &work_functions, 0);
    json_key(o, "open_jobs_timeseries");
    put_series(o, rng, (str)W("\"open_jobs\":"), openings);
    json_array(o, "recent_openings");
    for (uint64_t i = 0; i < openings && i < 3; i++) put_opening(o, rng, c);
    json_close(o, ']');
    json_close(o, '}');
}

void company_growth_json(struct out *o, struct rng *rng, const struct company *c)
{
    put_headcount(o, rng, c);
    if (rng_chance(rng, 90)) put_followers(o, rng, c);
    if (rng_chance(rng, 40)) put_hiring(o, rng, c);
}
