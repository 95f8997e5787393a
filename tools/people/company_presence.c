/*
 * company_presence.c - a company as the web sees it: traffic, search, competitors, news,
 * reviews of its software, technologies. Contract in company_record.h.
 */
#include "calendar.h"
#include "company_record.h"
#include "draw.h"
#include "text.h"

static const str technologies[] = {
    W("nginx"),     W("PostgreSQL"), W("React"), W("Kafka"),
    W("WordPress"), W("Kubernetes"), W("Redis"), W("Linux"),
};
static const struct list technology_list = LIST(technologies);

static void put_share(struct out *o, struct rng *rng)
{
    json_decimal(o, rng_below(rng, 100000), 3);
}

#define put_share_member(o, key, rng) (json_key(o, key), put_share((o), (rng)))

static void put_web_traffic(struct out *o, struct rng *rng, const struct company *c)
{
    json_object(o, "web_traffic");
    json_object(o, "domain_traffic");
    out_char(o, '"');
    company_put_domain(o, c);
    out_lit(o, "\":{");
    json_put_integer(o, "monthly_visitors", rng_below(rng, 1000000));
    put_share_member(o, "mom_pct", rng);
    put_share_member(o, "qoq_pct", rng);
    put_share_member(o, "source_search_pct", rng);
    put_share_member(o, "source_direct_pct", rng);
    json_null(o, "source_social_pct");
    json_null(o, "source_paid_referral_pct");
    json_null(o, "source_referral_pct");
    json_put_literal(o, "monthly_visitors_timeseries", "[{\"date\":\"2026-07-01\",\"value\":1}]");
    json_put_literal(o, "source_search_pct_timeseries", "[]");
    json_put_literal(o, "source_direct_pct_timeseries", "[]");
    json_put_literal(o, "source_social_pct_timeseries", "[]");
    json_put_literal(o, "source_paid_referral_pct_timeseries", "[]");
    json_put_literal(o, "source_referral_pct_timeseries", "[]");
    json_close(o, '}');
    json_close(o, '}');
    json_close(o, '}');
}

static void put_seo(struct out *o, struct rng *rng)
{
    json_object(o, "seo");
    json_put_integer(o, "total_organic_results", rng_below(rng, 90000));
    json_put_decimal(o, "average_seo_organic_rank", rng_below(rng, 1000), 1);
    json_null(o, "monthly_google_ads_budget");
    json_put_integer(o, "monthly_paid_clicks", 0);
    json_put_integer(o, "monthly_organic_clicks", rng_below(rng, 90000));
    json_put_literal(o, "monthly_organic_value", "1.25e4");
    json_null(o, "average_ad_rank");
    json_put_integer(o, "total_ads_purchased", 0);
    json_put_integer(o, "lost_ranked_seo_keywords", rng_below(rng, 900));
    json_put_integer(o, "gained_ranked_seo_keywords", rng_below(rng, 900));
    json_put_integer(o, "newly_ranked_seo_keywords", rng_below(rng, 900));
    json_close(o, '}');
}

/* Competitors are companies of the same population: neighbours with a lower index. */
static void put_competitors(struct out *o, struct rng *rng, const struct company *c)
{
    uint64_t count = c->index < 3 ? c->index : rng_below(rng, 4);
    json_object(o, "competitors");
    json_array(o, "company_ids");
    for (uint64_t i = 1; i <= count; i++) json_integer(o, c->id - i);
    json_close(o, ']');
    json_array(o, "websites");
    for (uint64_t i = 1; i <= count; i++) {
        struct company other = company_derive(c->seed, c->index - i, false);
        out_char(o, '"');
        company_put_domain(o, &other);
        json_unquote(o);
    }
    json_close(o, ']');
    json_put_literal(o, "all_domains", "[]");
    json_put_literal(o, "paid_seo", "[]");
    json_put_literal(o, "organic_seo", "[]");
    json_close(o, '}');
}

static void put_article(struct out *o, struct rng *rng)
{
    json_open(o, '{');
    json_put_literal(o, "source", "\"newswire\"");
    json_begin_string(o, "article_url");
    out_lit(o, "https://news.example.com/a/");
    out_hex(o, rng_next(rng), 12);
    json_unquote(o);
    json_begin_string(o, "article_title");
    text_put_topic(o, rng);
    json_unquote(o);
    json_put_literal(o, "article_publisher_name", "\"The Example Courier\"");
    json_key(o, "article_publish_date");
    calendar_json_date(o, CALENDAR_NOW - (unsigned)rng_below(rng, 24), 9);
    json_put_literal(o, "publisher_domain", "\"news.example.com\"");
    json_put_decimal(o, "confidence_score", rng_between(rng, 50, 100), 2);
    json_close(o, '}');
}

static void put_news(struct out *o, struct rng *rng)
{
    uint64_t count = rng_below(rng, 4);
    json_array(o, "news");
    for (uint64_t i = 0; i < count; i++) put_article(o, rng);
    json_close(o, ']');
}

static void put_technology(struct out *o, str name)
{
    json_open(o, '{');
    json_put_string(o, "name", name);
    json_put_literal(o, "category", "\"Software\"");
    json_null(o, "super_category");
    json_put_literal(o, "sources", "[\"jobs\"]");
    json_close(o, '}');
}

static void put_technographics(struct out *o, struct rng *rng)
{
    uint64_t count = rng_below(rng, 5), start = rng_below(rng, technology_list.count);
    json_object(o, "technographics");
    json_put_integer(o, "total_technologies", count);
    json_key(o, "top_technologies");
    draw_strings(o, rng, &technology_list, count > 2 ? 2 : count);
    json_array(o, "technologies");
    for (uint64_t i = 0; i < count; i++) put_technology(o, technologies[(start + i) % technology_list.count]);
    json_close(o, ']');
    json_close(o, '}');
}

static void put_software_reviews(struct out *o, struct rng *rng)
{
    json_object(o, "software_reviews");
    json_put_integer(o, "review_count", rng_below(rng, 2000));
    json_put_decimal(o, "average_rating", rng_between(rng, 10, 50), 1);
    json_null(o, "review_count_mom_pct");
    json_null(o, "review_count_qoq_pct");
    put_share_member(o, "review_count_yoy_pct", rng);
    json_close(o, '}');
}

void company_presence_json(struct out *o, struct rng *rng, const struct company *c)
{
    if (rng_chance(rng, 40)) put_web_traffic(o, rng, c);
    if (rng_chance(rng, 25)) put_seo(o, rng);
    if (rng_chance(rng, 30)) put_competitors(o, rng, c);
    if (rng_chance(rng, 25)) put_news(o, rng);
    if (rng_chance(rng, 10)) put_software_reviews(o, rng);
    if (rng_chance(rng, 25)) put_technographics(o, rng);
}
