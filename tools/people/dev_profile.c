/*
 * dev_profile.c - a software author's public profile, organisations and repositories. Contract in
 * dev_profile.h.
 */
#include "dev_profile.h"

#include "calendar.h"
#include "company.h"
#include "draw.h"
#include "text.h"
#include "work.h"

static void put_login(struct out *o, const struct person *p)
{
    out_lit(o, "example-");
    out_str(o, p->given->ascii);
    out_char(o, '-');
    out_u64(o, p->index);
}

void dev_profile_put_url(struct out *o, const struct person *p)
{
    out_lit(o, "https://code.example/");
    put_login(o, p);
}

static void put_names(struct out *o, struct rng *rng, const struct person *p)
{
    json_put_literal(o, "account_type", "\"User\"");
    json_begin_string(o, "profile_url");
    dev_profile_put_url(o, p);
    json_unquote(o);
    json_begin_string(o, "name");
    person_put_given(o, p);
    json_unquote(o);
    json_null(o, "email");
    json_object(o, "location");
    json_put_string(o, "raw", p->home->city);
    json_close(o, '}');
    json_null(o, "company_text");
    json_begin_string(o, "bio");
    text_put_topic(o, rng);
    out_lit(o, ".\",");
    json_null(o, "website_url");
}

static void put_counts(struct out *o, struct rng *rng)
{
    json_null(o, "is_hireable");
    json_put_bool(o, "is_site_admin", false);
    json_put_decimal(o, "confidence_score", rng_between(rng, 50, 99), 2);
    json_put_integer(o, "public_repo_count", rng_below(rng, 120));
    json_put_integer(o, "followers", rng_below(rng, 900));
    json_put_integer(o, "following", rng_below(rng, 90));
    json_put_integer(o, "total_repos", rng_below(rng, 120));
    json_put_integer(o, "total_stars", rng_below(rng, 4000));
    json_put_integer(o, "max_stars", rng_below(rng, 2500));
    json_put_decimal(o, "median_stars", rng_below(rng, 40) * 5, 1);
}

static void put_handles(struct out *o, struct rng *rng, const struct person *p)
{
    json_array(o, "declared_handles");
    if (rng_chance(rng, 40)) {
        json_open(o, '{');
        json_put_literal(o, "provider", "\"mastodon\"");
        json_begin_string(o, "url");
        out_lit(o, "https://social.example/@");
        put_login(o, p);
        json_unquote(o);
        json_key(o, "created_at");
        calendar_json_moment(o, rng, 60);
        json_null(o, "last_updated");
        json_close(o, '}');
    }
    json_close(o, ']');
}

static void put_organisation(struct out *o, struct rng *rng, const struct company *c)
{
    json_open(o, '{');
    json_put_integer(o, "organization_id", 8000 + c->index);
    json_put_integer(o, "organization_github_id", 66000000 + c->index);
    json_begin_string(o, "organization_login");
    company_put_slug(o, c);
    json_unquote(o);
    json_key(o, "created_at");
    calendar_json_moment(o, rng, 60);
    json_key(o, "last_updated");
    calendar_json_moment(o, rng, 12);
    json_close(o, '}');
}

static void put_organisations(struct out *o, struct rng *rng, const struct person *p)
{
    json_array(o, "org_memberships");
    if (p->job_count > 0 && rng_chance(rng, 50)) {
        struct company c = company_derive(p->seed, p->employers[0], false);
        put_organisation(o, rng, &c);
    }
    json_close(o, ']');
}

static void put_repo_names(struct out *o, struct rng *rng, const struct person *p)
{
    json_begin_string(o, "full_name");
    put_login(o, p);
    out_char(o, '/');
    out_str(o, rng_pick(rng, &work_code_topics));
    json_unquote(o);
    json_begin_string(o, "owner");
    put_login(o, p);
    json_unquote(o);
    json_begin_string(o, "description");
    text_put_topic(o, rng);
    json_unquote(o);
    json_put_string(o, "primary_language", rng_pick(rng, &work_code_languages));
    json_key(o, "topics");
    draw_strings(o, rng, &work_code_topics, rng_below(rng, 4));
    json_null(o, "license_key");
}

static void put_repo_facts(struct out *o, struct rng *rng)
{
    json_put_bool(o, "is_fork", rng_chance(rng, 20));
    json_put_bool(o, "archived", rng_chance(rng, 10));
    json_put_bool(o, "disabled", false);
    json_put_bool(o, "is_template", false);
    json_put_bool(o, "has_issues", true);
    json_put_bool(o, "has_projects", true);
    json_put_bool(o, "has_wiki", rng_chance(rng, 30));
    json_put_integer(o, "stars", rng_below(rng, 300));
    json_put_integer(o, "forks_count", rng_below(rng, 40));
    json_put_integer(o, "open_issues_count", rng_below(rng, 15));
    json_put_integer(o, "size", rng_below(rng, 100000));
    json_key(o, "github_created_at");
    calendar_json_moment(o, rng, 120);
    json_key(o, "github_updated_at");
    calendar_json_moment(o, rng, 24);
    json_null(o, "github_pushed_at");
}

static void put_repos(struct out *o, struct rng *rng, const struct person *p)
{
    unsigned count = (unsigned)rng_below(rng, 4);
    json_key(o, "all_languages");
    draw_strings(o, rng, &work_code_languages, rng_below(rng, 5));
    json_key(o, "all_topics");
    draw_strings(o, rng, &work_code_topics, rng_below(rng, 5));
    json_array(o, "repos");
    for (unsigned i = 0; i < count; i++) {
        json_open(o, '{');
        put_repo_names(o, rng, p);
        put_repo_facts(o, rng);
        json_close(o, '}');
    }
    json_close(o, ']');
}

static void put_metadata(struct out *o, struct rng *rng)
{
    json_object(o, "metadata");
    json_key(o, "created_at");
    calendar_json_moment(o, rng, 120);
    json_key(o, "last_scraped_source");
    calendar_json_moment(o, rng, 12);
    json_null(o, "last_updated");
    json_close(o, '}');
}

void dev_profile_json(struct out *o, struct rng *rng, const struct person *p)
{
    json_array(o, "dev_platform_profiles");
    json_open(o, '{');
    put_names(o, rng, p);
    json_begin_string(o, "profile_picture_url");
    out_lit(o, "https://media.example.net/dev/");
    out_u64(o, p->id);
    out_lit(o, ".png\",");
    put_counts(o, rng);
    put_handles(o, rng, p);
    put_organisations(o, rng, p);
    put_repos(o, rng, p);
    put_metadata(o, rng);
    json_close(o, '}');
    json_close(o, ']');
}
