/*
 * person_record.c - a person's record, family by family, each missing as often as real ones are. Contract
 * in person_record.h. Larger families have their own files: contact.c, employment.c, education.c,
 * dev_profile.c.
 */
#include "person_record.h"

#include "calendar.h"
#include "company.h"
#include "contact.h"
#include "dev_profile.h"
#include "draw.h"
#include "education.h"
#include "employment.h"
#include "person.h"
#include "text.h"

/* What several families repeat. */
struct draft {
    const struct person *person;
    struct rng rng;
    struct career career;
    str title; /* empty: no job */
    str headline;
    str summary;
};

/* An address on a media host, with a token such as those hosts sign theirs with. */
static void put_picture(struct out *o, struct draft *d, str host)
{
    out_str(o, host);
    out_char(o, '/');
    draw_token(o, &d->rng, 24);
    out_lit(o, "/person/");
    out_u64(o, d->person->id);
    out_lit(o, ".jpg?t=");
    draw_token(o, &d->rng, 43);
    json_unquote(o);
}

static void put_name_member(struct out *o, const struct person *p)
{
    out_char(o, '"');
    person_put_name(o, p);
    json_unquote(o);
}

/* One in fifty has no family name on record. */
static void put_names(struct out *o, struct draft *d)
{
    json_key(o, "name");
    put_name_member(o, d->person);
    json_begin_string(o, "first_name");
    person_put_given(o, d->person);
    json_unquote(o);
    if (rng_chance(&d->rng, 2)) {
        json_null(o, "last_name");
    } else {
        json_begin_string(o, "last_name");
        person_put_family(o, d->person);
        json_unquote(o);
    }
}

static void put_location(struct out *o, struct draft *d, bool has_full)
{
    json_object(o, "location");
    if (rng_chance(&d->rng, 4))
        out_lit(o, "\"city\":null,\"state\":null,\"country\":null,\"continent\":null,\"raw\":null,");
    else
        place_json_members(o, d->person->home);
    if (has_full) {
        json_begin_string(o, "full_location");
        place_put_full(o, d->person->home);
        json_unquote(o);
    }
    json_close(o, '}');
}

/* A number between 0 and 1 in one of the ways that JSON writers write it. */
static void put_similarity(struct out *o, struct rng *rng)
{
    switch (rng_below(rng, 5)) {
    case 0:
        out_lit(o, "1.0,");
        break;
    case 1:
        out_lit(o, "1,");
        break;
    case 2:
        out_lit(o, "9.1e-1,");
        break;
    case 3:
        json_decimal(o, rng_between(rng, 60, 99), 2);
        break;
    default:
        json_decimal(o, rng_below(rng, 1000000000), 9);
        break;
    }
}

static void put_normalized_title(struct out *o, struct draft *d)
{
    const struct role *role = d->career.jobs[0].role;
    json_object(o, "normalized_title");
    json_put_string(o, "matched_title", role->title);
    json_put_string(o, "department", role->department);
    json_put_string(o, "sub_department", role->sub_department);
    json_key(o, "similarity");
    put_similarity(o, &d->rng);
    json_put_bool(o, "confident", rng_chance(&d->rng, 80));
    json_close(o, '}');
}

static void put_basic_profile(struct out *o, struct draft *d)
{
    json_object(o, "basic_profile");
    put_names(o, d);
    json_put_string(o, "headline", d->headline);
    json_put_string(o, "current_title", d->title);
    json_put_string(o, "summary", d->summary);
    json_key(o, "languages");
    draw_strings(o, &d->rng, &work_languages, rng_below(&d->rng, 4));
    json_key(o, "last_updated");
    calendar_json_moment(o, &d->rng, 18);
    json_key(o, "professional_network_name");
    put_name_member(o, d->person);
    if (rng_chance(&d->rng, 25)) {
        json_null(o, "profile_picture_permalink");
    } else {
        json_begin_string(o, "profile_picture_permalink");
        put_picture(o, d, (str)W("https://media.example.net"));
    }
    put_location(o, d, rng_chance(&d->rng, 20));
    if (d->person->job_count > 0 && rng_chance(&d->rng, 15)) put_normalized_title(o, d);
    json_close(o, '}');
}

static void put_profile_urls(struct out *o, const struct person *p)
{
    json_object(o, "professional_network_identifier");
    json_begin_string(o, "profile_url");
    person_put_url(o, p, 0);
    json_unquote(o);
    if (p->url_count > 1) {
        json_array(o, "further_profile_urls");
        for (unsigned i = 1; i < p->url_count; i++) {
            out_char(o, '"');
            person_put_url(o, p, i);
            json_unquote(o);
        }
        json_close(o, ']');
    }
    json_close(o, '}');
}

static void put_social_handles(struct out *o, struct draft *d, bool is_developer)
{
    const struct person *p = d->person;
    json_object(o, "social_handles");
    put_profile_urls(o, p);
    json_object(o, "dev_platform_identifier");
    if (is_developer) {
        json_begin_string(o, "profile_url");
        dev_profile_put_url(o, p);
        json_unquote(o);
    } else {
        json_null(o, "profile_url");
    }
    json_close(o, '}');
    json_object(o, "twitter_identifier");
    json_begin_string(o, "slug");
    if (rng_chance(&d->rng, 10)) {
        out_lit(o, "example_");
        out_u64(o, p->index);
    }
    json_unquote(o);
    json_close(o, '}');
    json_close(o, '}');
}

static void put_network_texts(struct out *o, struct draft *d)
{
    json_begin_string(o, "profile_picture_url");
    put_picture(o, d, (str)W("https://cdn.example.net"));
    json_null(o, "profile_picture_permalink");
    json_key(o, "name");
    put_name_member(o, d->person);
    json_put_string(o, "pronoun", rng_chance(&d->rng, 20) ? (str)W("they/them") : (str)W(""));
    json_put_string(o, "headline", d->headline);
    json_put_string(o, "current_title", d->title);
    json_put_string(o, "summary", d->summary);
}

static void put_network(struct out *o, struct draft *d)
{
    struct rng *rng = &d->rng;
    json_object(o, "professional_network");
    put_network_texts(o, d);
    put_location(o, d, false);
    json_put_integer(o, "connections", rng_below(rng, 3000));
    json_put_integer(o, "followers", rng_below(rng, 9000));
    json_key(o, "joined_date");
    calendar_json_date(o, (unsigned)rng_between(rng, 2004 * 12, CALENDAR_NOW), 1);
    json_array(o, "verifications");
    if (rng_chance(rng, 30)) out_lit(o, "\"WORKPLACE\",");
    json_close(o, ']');
    json_array(o, "open_to_cards");
    if (rng_chance(rng, 15)) out_lit(o, "\"HIRING_MANAGER\",");
    json_close(o, ']');
    json_object(o, "metadata");
    json_key(o, "last_scraped_source");
    calendar_json_moment(o, rng, 18);
    json_close(o, '}');
    json_close(o, '}');
}

static void put_skills(struct out *o, struct rng *rng)
{
    uint64_t count = rng_chance(rng, 10) ? rng_below(rng, 40) : rng_below(rng, 14);
    json_object(o, "skills");
    json_key(o, "professional_network_skills");
    draw_strings(o, rng, &work_skills, count);
    json_close(o, '}');
}

/* A tier is a word for some, a number for others, as the contract allows. */
static void put_assessment(struct out *o, struct rng *rng)
{
    json_object(o, "assessment");
    json_object(o, "authenticity");
    if (rng_chance(rng, 50))
        json_put_integer(o, "tier", rng_between(rng, 1, 4));
    else
        json_put_literal(o, "tier", "\"A\"");
    json_put_literal(o, "verdict", "\"likely_authentic\"");
    json_close(o, '}');
    json_close(o, '}');
}

static void put_posts(struct out *o, struct rng *rng)
{
    unsigned count = (unsigned)rng_below(rng, 3);
    json_array(o, "social_posts");
    for (unsigned i = 0; i < count; i++) {
        json_open(o, '{');
        json_begin_string(o, "text");
        text_put_sentence(o, rng);
        json_unquote(o);
        json_put_integer(o, "likes", rng_below(rng, 500));
        json_close(o, '}');
    }
    json_close(o, ']');
}

static void put_totals(struct out *o, struct draft *d)
{
    unsigned months = d->career.months_of_work;
    if (rng_chance(&d->rng, 50))
        json_put_bool(o, "recently_changed_jobs", d->person->job_count > 1 && months % 7 == 0);
    if (rng_chance(&d->rng, 60)) {
        json_put_string(o, "years_of_experience", years_in_words(months));
        json_put_decimal(o, "years_of_experience_raw", months * 10 / 12, 1);
    }
    if (rng_chance(&d->rng, 50)) {
        json_object(o, "metadata");
        json_key(o, "updated_at");
        calendar_json_moment(o, &d->rng, 12);
        json_null(o, "last_scraped_source");
        json_close(o, '}');
    }
    if (rng_chance(&d->rng, 90)) {
        json_key(o, "updated_at");
        calendar_json_moment(o, &d->rng, 12);
    }
}

/* The families beyond the default ones. Whoever has an email has contact. */
static void put_further_families(struct out *o, struct draft *d, bool is_developer)
{
    struct rng *rng = &d->rng;
    if (rng_chance(rng, 45)) put_network(o, d);
    if (rng_chance(rng, 85)) put_skills(o, rng);
    if (d->person->email_count > 0 || rng_chance(rng, 30)) contact_json(o, rng, d->person);
    if (d->person->job_count > 0 || rng_chance(rng, 50)) employment_json(o, rng, d->person, &d->career);
    education_json(o, rng);
    if (is_developer) dev_profile_json(o, rng, d->person);
    if (rng_chance(rng, 15)) put_assessment(o, rng);
    if (rng_chance(rng, 5)) put_posts(o, rng);
    put_totals(o, d);
}

static void put_headline(struct out *o, struct rng *rng, const struct person *p, str title)
{
    if (title.n == 0 || rng_chance(rng, 30)) {
        text_put_topic(o, rng);
        return;
    }
    struct company c = company_derive(p->seed, p->employers[0], false);
    out_str(o, title);
    out_lit(o, " at ");
    company_put_name(o, &c);
    if (rng_chance(rng, 25)) {
        out_lit(o, " | ");
        text_put_topic(o, rng);
    }
}

/* Most records begin with their id; a reader that needs the id first meets others too. */
static void put_record(struct out *o, struct draft *d)
{
    bool is_id_first = rng_chance(&d->rng, 90);
    bool is_developer = rng_chance(&d->rng, 8);
    json_open(o, '{');
    if (is_id_first) json_put_integer(o, "crustdata_person_id", d->person->id);
    put_basic_profile(o, d);
    put_social_handles(o, d, is_developer);
    put_further_families(o, d, is_developer);
    if (!is_id_first) json_put_integer(o, "crustdata_person_id", d->person->id);
    json_close(o, '}');
    json_end_line(o);
}

void person_record_put(struct out *o, uint64_t seed, uint64_t index)
{
    OUT_ON_STACK(title, 256);
    OUT_ON_STACK(headline, 1024);
    OUT_ON_STACK(summary, TEXT_BYTES_MAX);
    struct person p = person_derive(seed, index, false);
    struct draft d = {.person = &p, .rng = rng_at(seed, STREAM_PERSON_RECORD, index)};
    d.career = career_draw(&d.rng, &p);
    if (d.career.current_count > 0) job_put_title(&title, &d.career.jobs[0]);
    put_headline(&headline, &d.rng, &p, out_view(&title));
    text_put_summary(&summary, &d.rng, p.origin_id);
    d.title = out_view(&title);
    d.headline = out_view(&headline);
    d.summary = out_view(&summary);
    put_record(o, &d);
}
