/*
 * company_record.c - who a company is and where it sits. Contract in company_record.h.
 */
#include "company_record.h"

#include "calendar.h"
#include "draw.h"
#include "text.h"
#include "work.h"

static const str statuses[] = {W("active"), W("active"), W("acquired")};
static const struct list status_list = LIST(statuses);

static void put_domains(struct out *o, struct rng *rng, const struct company *c)
{
    json_begin_string(o, "primary_domain");
    company_put_domain(o, c);
    json_unquote(o);
    json_array(o, "all_domains");
    out_char(o, '"');
    company_put_domain(o, c);
    json_unquote(o);
    if (rng_chance(rng, 20)) {
        out_lit(o, "\"get-");
        company_put_domain(o, c);
        json_unquote(o);
    }
    json_close(o, ']');
    if (rng_chance(rng, 5)) {
        json_null(o, "website");
        return;
    }
    json_begin_string(o, "website");
    out_lit(o, "https://www.");
    company_put_domain(o, c);
    out_lit(o, "/\",");
}

static void put_network_names(struct out *o, const struct company *c)
{
    json_begin_string(o, "professional_network_url");
    out_lit(o, "https://www.linkedin.com/company/");
    company_put_slug(o, c);
    json_unquote(o);
    json_begin_string(o, "professional_network_id");
    out_u64(o, c->network_id);
    json_unquote(o);
    json_begin_string(o, "profile_name");
    company_put_name(o, c);
    json_unquote(o);
    json_begin_string(o, "logo_permalink");
    out_lit(o, "https://media.example.net/company/");
    out_u64(o, c->id);
    out_lit(o, ".jpg\",");
}

/* A date for most, a bare number for some, as the contract allows. */
static void put_year_founded(struct out *o, struct rng *rng, const struct company *c)
{
    json_key(o, "year_founded");
    if (rng_chance(rng, 10))
        out_lit(o, "null,");
    else if (rng_chance(rng, 20))
        json_integer(o, c->founded);
    else
        calendar_json_date(o, c->founded * 12, 1);
}

static void put_basic_info(struct out *o, struct rng *rng, const struct company *c)
{
    json_object(o, "basic_info");
    json_put_integer(o, "crustdata_company_id", c->id);
    json_begin_string(o, "name");
    company_put_name(o, c);
    json_unquote(o);
    put_domains(o, rng, c);
    put_network_names(o, c);
    json_begin_string(o, "description");
    text_put_sentences(o, rng, (unsigned)rng_below(rng, 8));
    json_unquote(o);
    json_put_string(o, "company_type", c->type);
    json_put_nullable(o, "status", draw_or_null(rng, &status_list, 50));
    put_year_founded(o, rng, c);
    json_put_string(o, "employee_count_range", company_size_range(c->headcount));
    json_put_literal(o, "markets", "[\"PRIVATE\"]");
    json_array(o, "industries");
    json_quoted(o, c->industry);
    json_close(o, ']');
    json_close(o, '}');
}

static void put_locations(struct out *o, const struct company *c)
{
    json_object(o, "locations");
    json_put_string(o, "country", c->hq->iso3);
    json_begin_string(o, "headquarters");
    place_put_full(o, c->hq);
    json_unquote(o);
    json_null(o, "street_address");
    json_put_nullable(o, "state", c->hq->state);
    json_put_string(o, "city", c->hq->city);
    json_array(o, "all_office_addresses");
    out_char(o, '"');
    place_put_full(o, c->hq);
    json_unquote(o);
    json_close(o, ']');
    json_close(o, '}');
}

static void put_taxonomy(struct out *o, struct rng *rng, const struct company *c)
{
    json_object(o, "taxonomy");
    json_key(o, "professional_network_specialities");
    draw_strings(o, rng, &work_skills, rng_below(rng, 6));
    json_put_string(o, "professional_network_industry", c->industry);
    json_array(o, "professional_network_industries");
    json_quoted(o, c->industry);
    json_close(o, ']');
    json_key(o, "categories");
    draw_strings(o, rng, &work_industries, rng_below(rng, 3));
    json_null(o, "primary_naics_detail");
    json_put_literal(o, "sic_detail_list", "[]");
    json_close(o, '}');
}

static void put_social_profiles(struct out *o, struct rng *rng, const struct company *c)
{
    json_object(o, "social_profiles");
    if (rng_chance(rng, 50)) {
        json_null(o, "crunchbase");
    } else {
        json_object(o, "crunchbase");
        json_begin_string(o, "url");
        out_lit(o, "https://funding.example/organization/");
        company_put_slug(o, c);
        json_unquote(o);
        json_null(o, "uuid");
        json_close(o, '}');
    }
    json_begin_string(o, "twitter_url");
    out_lit(o, "https://social.example/");
    company_put_slug(o, c);
    json_unquote(o);
    json_null(o, "professional_network");
    json_close(o, '}');
}

/* Families that have no fixed inner shape, empty. */
static void put_loose_families(struct out *o)
{
    json_put_literal(o, "reviews", "[]");
    json_put_literal(o, "public_launches", "{}");
    json_put_literal(o, "market_intel", "{}");
    json_put_literal(o, "social_posts", "[]");
}

static void put_dates(struct out *o, struct rng *rng)
{
    json_put_literal(o, "status", "{\"state\":\"enriched\"}");
    json_object(o, "metadata");
    json_key(o, "growth_calculation_date");
    calendar_json_month_start(o, CALENDAR_NOW);
    json_close(o, '}');
    json_key(o, "updated_at");
    calendar_json_moment(o, rng, 12);
    json_key(o, "indexed_at");
    calendar_json_moment(o, rng, 3);
}

void company_record_put(struct out *o, uint64_t seed, uint64_t index)
{
    struct company c = company_derive(seed, index, false);
    struct rng rng = rng_at(seed, STREAM_COMPANY_RECORD, index);
    json_open(o, '{');
    json_put_integer(o, "crustdata_company_id", c.id);
    put_basic_info(o, &rng, &c);
    put_locations(o, &c);
    put_taxonomy(o, &rng, &c);
    company_growth_json(o, &rng, &c);
    company_money_json(o, &rng, &c);
    company_presence_json(o, &rng, &c);
    company_staff_json(o, &rng, &c);
    if (rng_chance(&rng, 60)) put_social_profiles(o, &rng, &c);
    if (rng_chance(&rng, 20)) put_loose_families(o);
    put_dates(o, &rng);
    json_close(o, '}');
    json_end_line(o);
}
