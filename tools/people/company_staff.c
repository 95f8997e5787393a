/*
 * company_staff.c - what employees say of a company, and who leads it. Contract in company_record.h.
 *
 * Leaders here are titles without names: which people work for a company is in their records.
 */
#include "calendar.h"
#include "company_record.h"
#include "json.h"
#include "text.h"
#include "work.h"

static void put_rating(struct out *o, struct rng *rng)
{
    if (rng_chance(rng, 20))
        out_lit(o, "null,");
    else
        json_decimal(o, rng_between(rng, 10, 50), 1);
}

#define put_rating_member(o, key, rng) (json_key(o, key), put_rating((o), (rng)))

static void put_overall_rating(struct out *o, struct rng *rng)
{
    json_object(o, "overall_rating");
    put_rating_member(o, "rating", rng);
    json_put_integer(o, "total_count", rng_below(rng, 500));
    json_put_integer(o, "rating_1_count", rng_below(rng, 100));
    json_put_integer(o, "rating_2_count", rng_below(rng, 100));
    json_put_integer(o, "rating_3_count", rng_below(rng, 100));
    json_put_integer(o, "rating_4_count", rng_below(rng, 100));
    json_put_integer(o, "rating_5_count", rng_below(rng, 100));
    json_close(o, '}');
}

static void put_chief(struct out *o, struct rng *rng)
{
    if (rng_chance(rng, 50)) {
        json_null(o, "company_ceo");
        return;
    }
    json_object(o, "company_ceo");
    json_null(o, "name");
    json_put_literal(o, "title", "\"Chief Executive Officer\"");
    put_rating_member(o, "ceo_rating", rng);
    json_put_integer(o, "ceo_ratings_count", rng_below(rng, 500));
    json_null(o, "profile_picture_url");
    json_close(o, '}');
}

static void put_counts(struct out *o, struct rng *rng)
{
    json_put_integer(o, "review_count", rng_below(rng, 500));
    json_put_integer(o, "salary_count", rng_below(rng, 900));
    json_put_integer(o, "interview_count", rng_below(rng, 900));
    json_put_integer(o, "benefit_count", rng_below(rng, 90));
    json_put_integer(o, "photo_count", rng_below(rng, 90));
    json_put_integer(o, "global_job_count", rng_below(rng, 90));
    json_put_literal(o, "active_status", "\"ACTIVE\"");
    json_put_literal(o, "approval_status", "\"APPROVED\"");
}

static void put_ratings(struct out *o, struct rng *rng)
{
    put_rating_member(o, "culture_and_values_rating", rng);
    put_rating_member(o, "diversity_and_inclusion_rating", rng);
    put_rating_member(o, "work_life_balance_rating", rng);
    put_rating_member(o, "senior_management_rating", rng);
    put_rating_member(o, "compensation_and_benefits_rating", rng);
    put_rating_member(o, "career_opportunities_rating", rng);
    put_rating_member(o, "recommend_to_friend_rating", rng);
    put_rating_member(o, "business_outlook_rating", rng);
}

static void put_employee_reviews(struct out *o, struct rng *rng, const struct company *c)
{
    json_object(o, "employee_reviews");
    put_overall_rating(o, rng);
    put_chief(o, rng);
    json_object(o, "primary_industry");
    json_put_string(o, "name", c->industry);
    json_null(o, "sector_name");
    json_close(o, '}');
    put_counts(o, rng);
    json_begin_string(o, "mission");
    text_put_sentence(o, rng);
    json_unquote(o);
    put_ratings(o, rng);
    json_put_literal(o, "office_locations", "[]");
    json_put_literal(o, "awards", "[]");
    json_close(o, '}');
}

static void put_employer(struct out *o, const struct company *c)
{
    json_begin_string(o, "employer_name");
    company_put_name(o, c);
    json_unquote(o);
    json_put_integer(o, "employer_linkedin_id", c->network_id);
    json_null(o, "employer_logo_url");
    json_null(o, "employer_linkedin_description");
    json_array(o, "employer_company_id");
    out_char(o, '"');
    out_u64(o, c->id);
    json_unquote(o);
    json_close(o, ']');
    json_array(o, "employer_website");
    out_char(o, '"');
    company_put_domain(o, c);
    json_unquote(o);
    json_close(o, ']');
}

static void put_position(struct out *o, struct rng *rng)
{
    json_put_integer(o, "employee_position_id", rng_between(rng, 1000000000, 2999999999));
    json_put_string(o, "employee_title", work_roles[rng_below(rng, work_roles_count)].title);
    json_null(o, "employee_description");
    json_null(o, "employee_location");
    json_key(o, "employee_start_date");
    calendar_json_month_start(o, (unsigned)rng_between(rng, 2010 * 12, CALENDAR_NOW));
    json_null(o, "employee_end_date");
}

static void put_leader(struct out *o, struct rng *rng, const struct company *c)
{
    out_lit(o, "{\"experience\":{\"employment_details\":{\"current\":[{");
    put_employer(o, c);
    put_position(o, rng);
    for (const char *bracket = "}]}}}"; *bracket != '\0'; bracket++) json_close(o, *bracket);
}

static void put_people(struct out *o, struct rng *rng, const struct company *c)
{
    uint64_t leaders = rng_below(rng, 3);
    json_object(o, "people");
    json_array(o, "decision_makers");
    for (uint64_t i = 0; i < leaders; i++) put_leader(o, rng, c);
    json_close(o, ']');
    json_put_literal(o, "founders", "[]");
    json_put_literal(o, "cxos", "[]");
    json_close(o, '}');
}

void company_staff_json(struct out *o, struct rng *rng, const struct company *c)
{
    if (rng_chance(rng, 25)) put_employee_reviews(o, rng, c);
    if (rng_chance(rng, 20)) put_people(o, rng, c);
}
