/*
 * education.c - schools, certificates and honors. Contract in education.h.
 */
#include "education.h"

#include "calendar.h"
#include "draw.h"
#include "places.h"
#include "text.h"
#include "work.h"

static void put_school_years(struct out *o, struct rng *rng)
{
    uint64_t start = rng_between(rng, 1978, 2021);
    if (rng_chance(rng, 15)) {
        json_null(o, "start_year");
        json_null(o, "end_year");
        return;
    }
    json_put_integer(o, "start_year", start);
    json_put_integer(o, "end_year", start + rng_between(rng, 1, 6));
}

static void put_school_logo(struct out *o, struct rng *rng)
{
    uint64_t id = rng_between(rng, 30000, 39999);
    json_begin_string(o, "institute_logo_url");
    out_lit(o, "https://cdn.example.net/school/");
    out_u64(o, id);
    out_lit(o, ".jpg?t=");
    draw_token(o, rng, 43);
    json_unquote(o);
    json_null(o, "institute_logo_permalink");
    json_begin_string(o, "professional_network_id");
    out_u64(o, id);
    json_unquote(o);
}

static void put_school(struct out *o, struct rng *rng)
{
    json_open(o, '{');
    json_put_string(o, "school", rng_pick(rng, &work_school_kinds));
    json_put_nullable(o, "degree", draw_or_null(rng, &work_degrees, 15));
    json_put_nullable(o, "field_of_study", draw_or_null(rng, &work_subjects, 15));
    put_school_years(o, rng);
    json_put_nullable(o, "activities_and_societies", draw_or_null(rng, &work_societies, 70));
    json_begin_string(o, "description");
    if (rng_chance(rng, 15)) text_put_sentence(o, rng);
    json_unquote(o);
    if (rng_chance(rng, 25)) put_school_logo(o, rng);
    if (rng_chance(rng, 20)) {
        json_object(o, "location");
        place_json_members(o, &places[rng_below(rng, places_count)]);
        json_close(o, '}');
    }
    json_close(o, '}');
}

static void put_schools(struct out *o, struct rng *rng)
{
    static const unsigned char counts[] = {0, 1, 1, 1, 1, 1, 2, 2, 2, 3};
    unsigned count = counts[rng_below(rng, sizeof counts)];
    json_object(o, "education");
    json_array(o, "schools");
    for (unsigned i = 0; i < count; i++) put_school(o, rng);
    json_close(o, ']');
    json_close(o, '}');
}

static void put_certificate_link(struct out *o, struct rng *rng)
{
    uint64_t number = rng_below(rng, 1000000);
    json_begin_string(o, "credential_id");
    out_lit(o, "EX-");
    out_padded(o, number, 6);
    json_unquote(o);
    json_begin_string(o, "credential_url");
    out_lit(o, "https://certs.example.org/EX-");
    out_padded(o, number, 6);
    json_unquote(o);
}

static void put_certificate(struct out *o, struct rng *rng)
{
    unsigned issued = (unsigned)rng_between(rng, 2008 * 12, CALENDAR_NOW);
    json_open(o, '{');
    json_put_string(o, "name", rng_pick(rng, &work_certificates));
    json_put_literal(o, "issuing_organization", "\"Example Foundation\"");
    json_key(o, "issue_date");
    calendar_json_date(o, issued, 1);
    if (rng_chance(rng, 60)) {
        json_null(o, "expiration_date");
    } else {
        json_key(o, "expiration_date");
        calendar_json_date(o, issued + 36, 1);
    }
    if (rng_chance(rng, 50)) put_certificate_link(o, rng);
    json_put_literal(o, "source", "\"professional_network\"");
    json_close(o, '}');
}

static void put_certificates(struct out *o, struct rng *rng)
{
    unsigned count = (unsigned)rng_below(rng, 4);
    json_array(o, "certifications");
    for (unsigned i = 0; i < count; i++) put_certificate(o, rng);
    json_close(o, ']');
}

static void put_honor(struct out *o, struct rng *rng)
{
    json_array(o, "honors");
    if (rng_chance(rng, 60)) {
        json_open(o, '{');
        json_put_string(o, "title", rng_pick(rng, &work_honors));
        json_put_literal(o, "issuer", "\"Example Build Conference\"");
        json_key(o, "date");
        calendar_json_date(o, (unsigned)rng_between(rng, 2000 * 12, CALENDAR_NOW), 1);
        json_put_literal(o, "description", "\"\"");
        json_close(o, '}');
    }
    json_close(o, ']');
}

void education_json(struct out *o, struct rng *rng)
{
    if (rng_chance(rng, 88)) put_schools(o, rng);
    if (rng_chance(rng, 25)) put_certificates(o, rng);
    if (rng_chance(rng, 20)) put_honor(o, rng);
}
