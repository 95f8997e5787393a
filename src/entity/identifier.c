/* Which module makes which key. */
#include "entity/identifier.h"

#include "entity/business_email.h"
#include "entity/company_key.h"
#include "entity/profile_url.h"

enum err identifier_key(enum identifier_kind kind, str input, struct arena *arena, struct key *ret)
{
    switch (kind) {
    case IDENTIFIER_PROFILE_URL:
        return profile_url_key(input, arena, ret);
    case IDENTIFIER_BUSINESS_EMAIL:
        return business_email_key(input, arena, ret);
    case IDENTIFIER_COMPANY_URL:
        return company_url_key(input, arena, ret);
    case IDENTIFIER_DOMAIN:
        return company_domain_key(input, arena, ret);
    case IDENTIFIER_NAME:
        return company_name_key(input, arena, ret);
    case IDENTIFIER_COMPANY_ID:
        return company_id_key(input, arena, ret);
    }
    return ERR_INVALID;
}

str key_display(struct key key, struct arena *arena)
{
    switch (key.kind) {
    case KEY_PROFILE:
    case KEY_MEMBER:
    case KEY_MEMBER_NUMBER:
        return profile_url_display(key, arena);
    case KEY_COMPANY_PROFILE:
        return company_url_display(key, arena);
    case KEY_ID:
    case KEY_EMAIL:
    case KEY_DOMAIN:
    case KEY_NAME:
        break;
    }
    return key.text;
}

bool key_eq(struct key a, struct key b)
{
    return a.kind == b.kind && str_eq(a.text, b.text);
}

struct key key_of_id(int64_t id, char text[KEY_ID_TEXT_BYTES])
{
    int n = snprintf(text, KEY_ID_TEXT_BYTES, "%" PRId64, id);
    return (struct key){KEY_ID, str_of(text, (size_t)n)};
}
