/*
 * identifier_kinds.c - the table of kinds. Contract in identifier_kinds.h.
 */
#include "identifier_kinds.h"

#include "person.h"

static uint64_t count_all(uint64_t seed, uint64_t population)
{
    (void)seed;
    return population;
}

static uint64_t index_is_rank(uint64_t seed, uint64_t population, uint64_t rank)
{
    (void)seed;
    (void)population;
    return rank;
}

const struct identifier_kind identifier_kinds[] = {
    {"person", "url", count_all, index_is_rank, profile_url_put, profile_url_put_spelled,
     profile_url_put_invalid},
    {"person", "email", person_count_with_email, person_index_with_email, email_put, email_put_spelled,
     email_put_invalid},
    {"company", "domain", count_all, index_is_rank, company_key_put_domain, company_key_put_domain_spelled,
     company_key_put_domain_invalid},
    {"company", "name", count_all, index_is_rank, company_key_put_name, company_key_put_name_spelled, NULL},
    {"company", "url", count_all, index_is_rank, company_key_put_url, company_key_put_url_spelled,
     company_key_put_url_invalid},
    {"company", "id", count_all, index_is_rank, company_key_put_id, NULL, company_key_put_id_invalid},
};
const uint32_t identifier_kinds_count = COUNT_OF(identifier_kinds);
