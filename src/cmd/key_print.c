/* The names of JSON keys are a promise to scripts. */
#include "cmd/key_print.h"

#include "base/json.h"
#include "base/os.h"
#include "base/time.h"

#define OUTPUT_BYTES_MAX ((size_t)64 << 20)

static str id_of(const struct api_key *key)
{
    return str_of(key->token.id, TOKEN_ID_BYTES);
}

static str state_of(const struct api_key *key)
{
    if (key->revoked_us) return STR("revoked");
    return api_key_is_live(key, os_now_us()) ? STR("active") : STR("expired");
}

/* ---- JSON ---- */

static void add_text(struct buf *out, str name, str value)
{
    json_add_key(out, name);
    json_add_str_lossy(out, value);
}

static void add_list(struct buf *out, str name, str list)
{
    str item;
    json_add_key(out, name);
    if (!list.n) {
        buf_add(out, STR("null"));
        return;
    }
    for (char c = '['; str_split(&list, ',', &item); c = ',') {
        buf_add_char(out, c);
        json_add_str_lossy(out, item);
    }
    buf_add_char(out, ']');
}

static void add_time(struct buf *out, str name, int64_t us)
{
    json_add_key(out, name);
    if (us) buf_add_char(out, '"');
    if (us) time_add_text(out, us);
    buf_add(out, us ? STR("\"") : STR("null"));
}

static void add_id_or_null(struct buf *out, str name, str id)
{
    json_add_key(out, name);
    if (id.n) {
        json_add_str_lossy(out, id);
    } else {
        buf_add(out, STR("null"));
    }
}

static void add_max(struct buf *out, str name, uint64_t max)
{
    json_add_key(out, name);
    if (max) {
        buf_add_u64(out, max);
    } else {
        buf_add(out, STR("null"));
    }
}

static uint64_t used_today(const struct budget *budget)
{
    return budget->day == os_now_us() / DAY_US ? budget->daily_used : 0;
}

static void add_budget(struct buf *out, const struct budget *budget)
{
    json_add_key(out, STR("budget"));
    if (!budget_is_limit(budget)) {
        buf_add(out, STR("null"));
        return;
    }
    buf_add(out, STR("{\"used\":"));
    buf_add_u64(out, budget->total_used);
    json_add_key(out, STR("used_today"));
    buf_add_u64(out, used_today(budget));
    add_max(out, STR("daily"), budget->daily_max);
    add_max(out, STR("total"), budget->total_max);
    buf_add_char(out, '}');
}

static void add_members(struct buf *out, const struct api_key *key)
{
    add_text(out, STR("name"), key->name);
    add_text(out, STR("account"), key->account_name);
    add_text(out, STR("state"), state_of(key));
    add_list(out, STR("scopes"), key->scopes);
    add_list(out, STR("fields"), key->families);
    add_time(out, STR("created_at"), key->created_us);
    add_time(out, STR("expires_at"), key->expires_us);
    add_time(out, STR("revoked_at"), key->revoked_us);
    add_time(out, STR("last_used_at"), key->last_used_us);
    add_id_or_null(out, STR("successor"), key->successor_id);
    add_budget(out, &key->budget);
}

static void add_id(struct buf *out, const struct api_key *key)
{
    buf_add(out, STR("{\"id\":"));
    json_add_str(out, id_of(key));
}

void key_print_json(const struct api_key *key, str text, str webhook_secret, const struct api_key *replaced)
{
    struct buf out;
    buf_init(&out, OUTPUT_BYTES_MAX);
    add_id(&out, key);
    if (text.n) add_text(&out, STR("key"), text);
    if (webhook_secret.n) add_text(&out, STR("webhook_secret"), webhook_secret);
    add_members(&out, key);
    if (replaced) {
        json_add_key(&out, STR("replaces"));
        add_id(&out, replaced);
        add_time(&out, STR("expires_at"), replaced->expires_us);
        buf_add_char(&out, '}');
    }
    printf("%.*s}\n", STR_ARG(buf_str(&out)));
    buf_fini(&out);
}

void key_print_json_list(const struct api_key *keys, size_t count)
{
    struct buf out;
    buf_init(&out, OUTPUT_BYTES_MAX);
    buf_add_char(&out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i) buf_add_char(&out, ',');
        add_id(&out, &keys[i]);
        add_members(&out, &keys[i]);
        buf_add_char(&out, '}');
    }
    printf("%.*s]\n", STR_ARG(buf_str(&out)));
    buf_fini(&out);
}

/* ---- table ---- */

enum column { ID, STATE, CREATED, EXPIRES, LAST_USED, ACCOUNT, NAME, BUDGET, SCOPES, FIELDS, COLUMN_COUNT };

static const str titles[COLUMN_COUNT] = {
    [ID] = STR_INIT("ID"),           [STATE] = STR_INIT("STATE"),         [CREATED] = STR_INIT("CREATED"),
    [EXPIRES] = STR_INIT("EXPIRES"), [LAST_USED] = STR_INIT("LAST USED"), [ACCOUNT] = STR_INIT("ACCOUNT"),
    [NAME] = STR_INIT("NAME"),       [BUDGET] = STR_INIT("BUDGET"),       [SCOPES] = STR_INIT("SCOPES"),
    [FIELDS] = STR_INIT("FIELDS"),
};

/* "2026-06-12T12:23Z"; "-" for none. In scratch. */
static str minute_of(int64_t us, struct buf *scratch)
{
    if (!us) return STR("-");
    buf_clear(scratch);
    time_add_text(scratch, us);
    buf_truncate(scratch, sizeof "2026-06-12T12:23" - 1);
    buf_add_char(scratch, 'Z');
    return buf_str(scratch);
}

/* "12 of 100 today, 300 of 5000"; "-" for none. In scratch. */
static str budget_of(const struct budget *budget, struct buf *scratch)
{
    if (!budget_is_limit(budget)) return STR("-");
    buf_clear(scratch);
    if (budget->daily_max)
        buf_add_format(scratch, "%" PRIu64 " of %" PRIu64 " today", used_today(budget), budget->daily_max);
    if (budget->daily_max && budget->total_max) buf_add(scratch, STR(", "));
    if (budget->total_max)
        buf_add_format(scratch, "%" PRIu64 " of %" PRIu64, budget->total_used, budget->total_max);
    return buf_str(scratch);
}

static str cell(const struct api_key *key, enum column column, struct buf *scratch)
{
    switch (column) {
    case ID:
        return id_of(key);
    case STATE:
        return state_of(key);
    case CREATED:
        return minute_of(key->created_us, scratch);
    case EXPIRES:
        return minute_of(key->expires_us, scratch);
    case LAST_USED:
        return minute_of(key->last_used_us, scratch);
    case ACCOUNT:
        return key->account_name;
    case NAME:
        return key->name;
    case BUDGET:
        return budget_of(&key->budget, scratch);
    case SCOPES:
        return key->scopes.n ? key->scopes : STR("all");
    case FIELDS:
    case COLUMN_COUNT:
        break;
    }
    return key->families.n ? key->families : STR("all");
}

static void add_padded(struct buf *line, enum column column, str text, size_t width)
{
    buf_add(line, text);
    for (size_t n = text.n; column + 1 < COLUMN_COUNT && n < width + 2; n++) buf_add_char(line, ' ');
}

void key_print_table(const struct api_key *keys, size_t count)
{
    size_t widths[COLUMN_COUNT];
    struct buf line, scratch;
    buf_init(&line, OUTPUT_BYTES_MAX);
    buf_init(&scratch, OUTPUT_BYTES_MAX);
    for (enum column c = ID; c < COLUMN_COUNT; c++) {
        widths[c] = titles[c].n;
        for (size_t i = 0; i < count; i++) {
            str text = cell(&keys[i], c, &scratch);
            if (text.n > widths[c]) widths[c] = text.n;
        }
        add_padded(&line, c, titles[c], widths[c]);
    }
    printf("%.*s\n", STR_ARG(buf_str(&line)));
    for (size_t i = 0; i < count; i++) {
        buf_clear(&line);
        for (enum column c = ID; c < COLUMN_COUNT; c++)
            add_padded(&line, c, cell(&keys[i], c, &scratch), widths[c]);
        printf("%.*s\n", STR_ARG(buf_str(&line)));
    }
    buf_fini(&scratch);
    buf_fini(&line);
}
