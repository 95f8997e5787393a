/*
 * contact.c - how to reach a person: reserved domains and fictional numbers only. Contract in contact.h.
 */
#include "contact.h"

#include "calendar.h"
#include "company.h"

static void put_business_emails(struct out *o, struct rng *rng, const struct person *p)
{
    json_array(o, "business_emails");
    for (unsigned i = 0; i < p->email_count; i++) {
        json_open(o, '{');
        json_begin_string(o, "email");
        person_put_email(o, p, i);
        json_unquote(o);
        json_put_string(o, "status", rng_chance(rng, 70) ? (str)W("verified") : (str)W("unverified"));
        json_key(o, "last_updated");
        calendar_json_moment(o, rng, 24);
        json_put_integer(o, "crustdata_company_id", COMPANY_ID_BASE + person_email_employer(p, i));
        json_close(o, '}');
    }
    json_close(o, ']');
}

static void put_personal_emails(struct out *o, struct rng *rng, const struct person *p)
{
    bool has_one = rng_chance(rng, 25);
    json_array(o, "personal_emails");
    if (has_one) {
        json_open(o, '{');
        json_begin_string(o, "email");
        out_str(o, p->given->ascii);
        out_u64(o, p->index);
        out_lit(o, "@mail.example\",");
        json_put_literal(o, "status", "\"unverified\"");
        json_null(o, "last_updated");
        json_close(o, '}');
    }
    json_close(o, ']');
    json_put_bool(o, "has_personal_email", has_one);
}

/* Only numbers that the regulators of three countries keep free for fiction. */
static void put_phone_number(struct out *o, struct rng *rng)
{
    switch (rng_below(rng, 3)) {
    case 0:
        out_lit(o, "\"+1 202 555 01");
        out_padded(o, rng_below(rng, 100), 2);
        break;
    case 1:
        out_lit(o, "\"+44 20 7946 0");
        out_padded(o, rng_below(rng, 1000), 3);
        break;
    default:
        out_lit(o, "\"+49 30 23125 ");
        out_padded(o, rng_below(rng, 1000), 3);
    }
    json_unquote(o);
}

void contact_json(struct out *o, struct rng *rng, const struct person *p)
{
    bool has_phone = rng_chance(rng, 20);
    json_object(o, "contact");
    put_business_emails(o, rng, p);
    put_personal_emails(o, rng, p);
    json_array(o, "phone_numbers");
    if (has_phone) put_phone_number(o, rng);
    json_close(o, ']');
    json_array(o, "websites");
    if (rng_chance(rng, 12)) {
        out_lit(o, "\"https://");
        out_str(o, p->given->ascii);
        out_u64(o, p->index);
        out_lit(o, ".example\",");
    }
    json_close(o, ']');
    json_null(o, "business_emails_message");
    json_put_bool(o, "has_business_email", p->email_count > 0);
    json_put_bool(o, "has_phone_number", has_phone);
    json_close(o, '}');
}
