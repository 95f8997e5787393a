/*
 * company_money.c - revenue, and funding with its rounds, investors and takeovers. Contract in
 * company_record.h.
 */
#include "calendar.h"
#include "company_record.h"
#include "json.h"

static void put_revenue(struct out *o, const struct company *c)
{
    json_object(o, "revenue");
    json_object(o, "estimated");
    json_put_integer(o, "lower_bound_usd", (uint64_t)c->headcount * 50000);
    json_put_integer(o, "upper_bound_usd", (uint64_t)c->headcount * 200000);
    json_put_literal(o, "timeseries", "[]");
    json_close(o, '}');
    json_put_literal(o, "public_markets",
                     "{\"ipo_date\":null,\"stock_symbols\":[],\"fiscal_year_end\":null}");
    json_null(o, "acquisition_status");
    json_close(o, '}');
}

static void put_investor(struct out *o, struct rng *rng)
{
    json_open(o, '{');
    json_put_literal(o, "name", "\"Example Ventures\"");
    json_begin_string(o, "uuid");
    out_hex(o, rng_next(rng), 8);
    out_lit(o, "-0000-4000-8000-");
    out_hex(o, rng_next(rng), 12);
    json_unquote(o);
    json_put_literal(o, "type", "\"organization\"");
    json_put_literal(o, "categories", "[\"venture_capital\"]");
    json_close(o, '}');
}

/* A list of investors is one string for some records, an array for others. */
static void put_milestone(struct out *o, struct rng *rng, unsigned month, uint64_t amount)
{
    json_open(o, '{');
    json_key(o, "date");
    calendar_json_date(o, month, 14);
    json_key(o, "funding_date");
    calendar_json_date(o, month, 14);
    json_put_integer(o, "amount_usd", amount);
    json_put_literal(o, "round", "\"series_b\"");
    if (rng_chance(rng, 50))
        json_put_literal(o, "investors", "\"Example Ventures\"");
    else
        json_put_literal(o, "investors", "[\"Example Ventures\",\"Invented Capital\"]");
    json_null(o, "lead_investors");
    json_close(o, '}');
}

/* A takeover of, or by, the company with the next lower index. */
static void put_takeover(struct out *o, const struct company *c, unsigned month)
{
    struct company other = company_derive(c->seed, c->index - 1, false);
    json_open(o, '{');
    json_begin_string(o, "name");
    company_put_name(o, &other);
    json_unquote(o);
    json_put_integer(o, "crustdata_company_id", other.id);
    json_key(o, "date");
    calendar_json_date(o, month, 20);
    json_null(o, "amount_usd");
    json_close(o, '}');
}

static void put_takeovers(struct out *o, struct rng *rng, const struct company *c, unsigned month)
{
    unsigned percent = c->index == 0 ? 100 : (unsigned)rng_below(rng, 100);
    json_array(o, "acquisitions");
    if (percent < 20) put_takeover(o, c, month);
    json_close(o, ']');
    json_array(o, "acquired_by");
    if (percent >= 20 && percent < 25) put_takeover(o, c, month);
    json_close(o, ']');
}

static void put_round(struct out *o, unsigned month, uint64_t amount)
{
    json_put_decimal(o, "total_investment_usd", amount * 20, 1);
    json_put_decimal(o, "last_round_amount_usd", amount * 10, 1);
    json_key(o, "last_fundraise_date");
    calendar_json_date(o, month, 14);
    json_put_literal(o, "last_round_type", "\"series_b\"");
    json_put_literal(o, "investors", "[\"Example Ventures\"]");
    json_put_literal(o, "tracxn_investors", "[]");
}

static void put_funding(struct out *o, struct rng *rng, const struct company *c)
{
    unsigned month = (unsigned)rng_between(rng, 2012 * 12, CALENDAR_NOW);
    uint64_t amount = rng_between(rng, 1, 900) * 100000;
    json_object(o, "funding");
    put_round(o, month, amount);
    json_array(o, "milestones");
    put_milestone(o, rng, month, amount);
    json_close(o, ']');
    json_array(o, "investors_detailed");
    put_investor(o, rng);
    json_close(o, ']');
    put_takeovers(o, rng, c, month);
    json_close(o, '}');
}

void company_money_json(struct out *o, struct rng *rng, const struct company *c)
{
    if (rng_chance(rng, 50)) put_revenue(o, c);
    if (rng_chance(rng, 25)) put_funding(o, rng, c);
}
