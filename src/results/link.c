/* Building and checking of signed links. What is signed is text, one item a line. */
#include "results/link.h"

#include "base/buf.h"

/* Of what a link signs: the path with its file name is the longest item. */
#define SIGNED_BYTES_MAX ((size_t)256)
#define PATH_BYTES_MAX   (sizeof "/files//output/" + UUID_TEXT_BYTES + RESULT_FILE_NAME_BYTES_MAX)
#define SIG_BYTES        ((size_t)43) /* 32 bytes in base64url */
#define EXP_BYTES        ((size_t)10) /* seconds, until the year 2286 */
#define EXP_MIN          INT64_C(1000000000)
#define EXP_MAX          INT64_C(9999999999)

static const str label = STR_INIT("enrichd-file-v1\n");
static const str key_id = STR_INIT("1");
static const str path_head = STR_INIT("/files/");
static const str path_middle = STR_INIT("/output/");

void link_keys_init(struct link_keys *keys, str master)
{
    uint8_t key[SHA256_BYTES];
    mac_derive_key(master, STR("file-link"), key);
    mac_key_init(&keys->key, str_of(key, sizeof key));
    explicit_bzero(key, sizeof key);
}

void link_keys_fini(struct link_keys *keys)
{
    mac_key_fini(&keys->key);
}

static char *put(char *at, str s)
{
    memcpy(at, s.p, s.n);
    return at + s.n;
}

/* The method is not signed: HEAD asks for nothing that GET does not give. */
static void sign(const struct link_keys *keys, str path, str exp, str kid, uint8_t ret[SHA256_BYTES])
{
    char text[SIGNED_BYTES_MAX];
    must(label.n + path.n + exp.n + kid.n + 2 <= sizeof text);
    char *at = put(text, label);
    at = put(at, path);
    *at++ = '\n';
    at = put(at, exp);
    *at++ = '\n';
    at = put(at, kid);
    mac_sign(&keys->key, str_of(text, (size_t)(at - text)), ret);
}

void link_add(const struct link_keys *keys, struct uuid batch_id, struct result_file_name name,
              int64_t expires_us, struct buf *out)
{
    uint8_t sig[SHA256_BYTES];
    int64_t seconds = expires_us / 1000000;
    must(seconds >= EXP_MIN && seconds <= EXP_MAX);
    size_t start = out->n;
    buf_add(out, path_head);
    buf_add(out, UUID_STR(batch_id));
    buf_add(out, path_middle);
    result_file_name_add(out, name);
    size_t path_end = out->n;
    buf_add(out, STR("?exp="));
    buf_add_u64(out, (uint64_t)seconds);
    if (out->is_failed) return;
    str path = str_slice(buf_str(out), start, path_end);
    str exp = str_slice(buf_str(out), out->n - EXP_BYTES, out->n);
    sign(keys, path, exp, key_id, sig);
    buf_add(out, STR("&kid="));
    buf_add(out, key_id);
    buf_add(out, STR("&sig="));
    base64url_add(out, str_of(sig, sizeof sig));
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
    str exp, kid, sig;
};

static enum err take_parameter(str text, str name, size_t value_bytes, str *ret)
{
    if (ret->p || text.n != name.n + value_bytes || !str_starts(text, name)) return ERR_INVALID;
    *ret = str_from(text, name.n);
    return OK;
}

/* Three parameters in any order, each once, and nothing else. */
static enum err parse_query(str text, struct query *ret)
{
    str parameter;
    size_t count = 0;
    if (text.n && text.p[text.n - 1] == '&') return ERR_INVALID;
    for (; str_split(&text, '&', &parameter); count++) {
        enum err e = take_parameter(parameter, STR("exp="), EXP_BYTES, &ret->exp);
        if (e != OK) e = take_parameter(parameter, STR("kid="), key_id.n, &ret->kid);
        if (e != OK) TRY(take_parameter(parameter, STR("sig="), SIG_BYTES, &ret->sig));
    }
    return count == 3 ? OK : ERR_INVALID;
}

static enum err check_signature(const struct link_keys *keys, str path, const struct query *query)
{
    uint8_t sent[SHA256_BYTES];
    uint8_t right[SHA256_BYTES];
    if (!str_eq(query->kid, key_id)) return ERR_INVALID;
    TRY(base64url_decode(query->sig, sent, sizeof sent));
    sign(keys, path, query->exp, query->kid, right);
    return mac_equal(sent, right, sizeof right) ? OK : ERR_INVALID;
}

enum err link_check(const struct link_keys *keys, str path, str query, int64_t now_us, struct link *ret)
{
    struct link link;
    struct query parsed = {0};
    uint64_t exp;
    TRY(parse_path(path, &link));
    TRY(parse_query(query, &parsed));
    if (str_to_u64(parsed.exp, EXP_MAX, &exp) != OK) return ERR_INVALID;
    TRY(check_signature(keys, path, &parsed));
    if (now_us / 1000000 >= (int64_t)exp) return ERR_CLOSED;
    *ret = link;
    return OK;
}
