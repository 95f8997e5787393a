/* Building and checking of signed links. What is signed is text, one item a line. */
#include "results/link.h"

#include "base/buf.h"

/* Of what a link signs: the path with its file name is the longest item. */
#define SIGNED_BYTES_MAX ((size_t)256)
#define PATH_BYTES_MAX   (sizeof "/files//output/" + UUID_TEXT_BYTES + RESULT_FILE_NAME_BYTES_MAX)
#define SIG_BYTES        ((size_t)43) /* 32 bytes in base64url */
#define EXP_BYTES        ((size_t)10) /* seconds, until the year 2286 */
#define KID_BYTES_MAX    ((size_t)9)
#define EPOCH_BYTES_MAX  ((size_t)10)            /* of any 32 bits */
#define SLACK_US         ((int64_t)60 * 1000000) /* for links that are made while their key is retired */
#define EXP_MIN          INT64_C(1000000000)
#define EXP_MAX          INT64_C(9999999999)

static const str label = STR_INIT("enrichd-file-v1\n");
static const str path_head = STR_INIT("/files/");
static const str path_middle = STR_INIT("/output/");

static char *put(char *at, str s)
{
    memcpy(at, s.p, s.n);
    return at + s.n;
}

/* The method is not signed: HEAD asks for nothing that GET does not give. epoch: empty for the first one. */
static str text_of(char text[SIGNED_BYTES_MAX], str path, str exp, str kid, str epoch)
{
    must(label.n + path.n + exp.n + kid.n + epoch.n + 3 <= SIGNED_BYTES_MAX);
    char *at = put(text, label);
    at = put(at, path);
    *at++ = '\n';
    at = put(at, exp);
    *at++ = '\n';
    at = put(at, kid);
    if (epoch.n) *at++ = '\n';
    if (epoch.n) at = put(at, epoch);
    return str_of(text, (size_t)(at - text));
}

static enum err add_signature(struct link_keys *keys, str path, str exp, str epoch, struct buf *out)
{
    char kid[KID_BYTES_MAX + 2], text[SIGNED_BYTES_MAX];
    uint8_t sig[SHA256_BYTES];
    struct link_key key;
    uint32_t number;
    TRY(link_keys_newest(keys, &number));
    int n = snprintf(kid, sizeof kid, "%" PRIu32, number);
    must(n > 0 && (size_t)n <= KID_BYTES_MAX);
    TRY(link_keys_sign(keys, number, text_of(text, path, exp, str_of(kid, (size_t)n), epoch), sig, &key));
    buf_add(out, STR("&kid="));
    buf_add(out, str_of(kid, (size_t)n));
    if (epoch.n) buf_add(out, STR("&epoch="));
    buf_add(out, epoch);
    buf_add(out, STR("&sig="));
    base64url_add(out, str_of(sig, sizeof sig));
    return OK;
}

void link_add(struct link_keys *keys, const struct link *link, int64_t expires_us, struct buf *out)
{
    char path[PATH_BYTES_MAX], exp[EXP_BYTES], epoch[EPOCH_BYTES_MAX + 2];
    int64_t seconds = expires_us / 1000000;
    must(seconds >= EXP_MIN && seconds <= EXP_MAX);
    size_t start = out->n;
    buf_add(out, path_head);
    buf_add(out, UUID_STR(link->batch_id));
    buf_add(out, path_middle);
    result_file_name_add(out, link->name);
    size_t path_bytes = out->n - start;
    buf_add(out, STR("?exp="));
    buf_add_u64(out, (uint64_t)seconds);
    if (out->is_failed) return;
    must(path_bytes <= sizeof path);
    memcpy(path, out->p + start, path_bytes);
    memcpy(exp, out->p + out->n - EXP_BYTES, EXP_BYTES);
    int n = snprintf(epoch, sizeof epoch, "%" PRIu32, link->epoch);
    must(n > 0 && (size_t)n <= EPOCH_BYTES_MAX);
    enum err e = add_signature(keys, str_of(path, path_bytes), str_of(exp, EXP_BYTES),
                               str_of(epoch, link->epoch ? (size_t)n : 0), out);
    if (e != OK) out->is_failed = true;
}

static enum err parse_path(str path, struct link *ret)
{
    if (path.n > PATH_BYTES_MAX || !str_starts(path, path_head)) return ERR_NOT_FOUND;
    str id = str_slice(path, path_head.n, path_head.n + UUID_TEXT_BYTES);
    str rest = str_from(path, path_head.n + UUID_TEXT_BYTES);
    if (uuid_parse(id, &ret->batch_id) != OK || !str_starts(rest, path_middle)) return ERR_NOT_FOUND;
    return result_file_name_parse(str_from(rest, path_middle.n), &ret->name) == OK ? OK : ERR_NOT_FOUND;
}

struct query {
    str exp, kid, epoch, sig; /* epoch: p NULL if there is none */
};

static enum err take_parameter(str text, str name, size_t bytes_min, size_t bytes_max, str *ret)
{
    str value = str_from(text, name.n);
    if (ret->p || !str_starts(text, name) || value.n < bytes_min || value.n > bytes_max) return ERR_INVALID;
    *ret = value;
    return OK;
}

/* Three parameters, or with the epoch four, in any order, each once, and nothing else. */
static enum err parse_query(str text, struct query *ret)
{
    str parameter;
    size_t count = 0;
    if (text.n && text.p[text.n - 1] == '&') return ERR_INVALID;
    for (; str_split(&text, '&', &parameter); count++) {
        enum err e = take_parameter(parameter, STR("exp="), EXP_BYTES, EXP_BYTES, &ret->exp);
        if (e != OK) e = take_parameter(parameter, STR("kid="), 1, KID_BYTES_MAX, &ret->kid);
        if (e != OK) e = take_parameter(parameter, STR("epoch="), 1, EPOCH_BYTES_MAX, &ret->epoch);
        if (e != OK) TRY(take_parameter(parameter, STR("sig="), SIG_BYTES, SIG_BYTES, &ret->sig));
    }
    return count == (ret->epoch.p ? 4 : 3) ? OK : ERR_INVALID;
}

/* A number as links are made with: without leading zeros, and not 0. */
static enum err read_number(str text, uint32_t *ret)
{
    uint64_t number;
    if (text.p[0] == '0' || str_to_u64(text, UINT32_MAX, &number) != OK) return ERR_INVALID;
    *ret = (uint32_t)number;
    return OK;
}

/* Whether the key may have signed a link that ends then, and still vouches for it. */
static bool vouches(const struct link_key *key, int64_t exp_us, int64_t validity_us)
{
    if (key->revoked_us) return false;
    return !key->retired_us || exp_us <= key->retired_us + validity_us + SLACK_US;
}

static enum err check_signature(struct link_keys *keys, str path, const struct query *query, int64_t exp_us,
                                int64_t validity_us)
{
    char text[SIGNED_BYTES_MAX];
    uint8_t sent[SHA256_BYTES], right[SHA256_BYTES];
    struct link_key key;
    uint32_t kid;
    TRY(read_number(query->kid, &kid));
    TRY(base64url_decode(query->sig, sent, sizeof sent));
    str signed_text = text_of(text, path, query->exp, query->kid, query->epoch);
    enum err e = link_keys_sign(keys, kid, signed_text, right, &key);
    if (e == ERR_NOT_FOUND) return ERR_INVALID;
    TRY(e);
    return mac_equal(sent, right, sizeof right) && vouches(&key, exp_us, validity_us) ? OK : ERR_INVALID;
}

enum err link_check(struct link_keys *keys, str path, str query, int64_t now_us, int64_t validity_us,
                    struct link *ret)
{
    struct link link = {0};
    struct query parsed = {0};
    uint64_t exp;
    TRY(parse_path(path, &link));
    TRY(parse_query(query, &parsed));
    if (parsed.epoch.p) TRY(read_number(parsed.epoch, &link.epoch));
    if (str_to_u64(parsed.exp, EXP_MAX, &exp) != OK) return ERR_INVALID;
    TRY(check_signature(keys, path, &parsed, (int64_t)exp * 1000000, validity_us));
    if (now_us / 1000000 >= (int64_t)exp) return ERR_CLOSED;
    *ret = link;
    return OK;
}
