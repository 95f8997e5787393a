/* One identifier a line or argument; what kind it is shows in its form. */
#include <unistd.h>

#include "base/os.h"
#include "cmd/privacy_run.h"

#define FILE_BYTES_MAX ((size_t)256 << 20)
#define READ_BYTES     ((size_t)64 << 10)

/* The record's own id: digits alone. */
static enum err id_key(str text, struct arena *arena, struct key *ret)
{
    uint64_t id;
    if (str_to_u64(text, INT64_MAX, &id) != OK || id == 0) return ERR_INVALID;
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%" PRIu64, id);
    str copy = arena_copy(arena, str_of(digits, (size_t)n));
    if (!copy.p) return err_raise(ERR_NOMEM, "no memory for identifiers");
    *ret = (struct key){KEY_ID, copy};
    return OK;
}

static enum identifier_kind person_kind(str text)
{
    size_t at = str_find_char(text, '@', 0);
    bool is_url = str_find_char(text, '/', 0) != SIZE_MAX && !str_starts_nocase(text, STR("mailto:"));
    return at != SIZE_MAX && at > 0 && !is_url ? IDENTIFIER_BUSINESS_EMAIL : IDENTIFIER_PROFILE_URL;
}

static enum identifier_kind company_kind(str text)
{
    if (str_find(text, STR("/company/")) != SIZE_MAX) return IDENTIFIER_COMPANY_URL;
    return IDENTIFIER_DOMAIN;
}

static enum err key_of(const struct privacy_run *run, str text, struct arena *arena, struct key *ret)
{
    enum err e = id_key(text, arena, ret);
    if (e != ERR_INVALID) return e;
    bool is_person = run->entity == ENTITY_PERSON;
    TRY(identifier_key(is_person ? person_kind(text) : company_kind(text), text, arena, ret));
    ret->text = arena_copy(arena, ret->text);
    return ret->text.p ? OK : err_raise(ERR_NOMEM, "no memory for identifiers");
}

static bool refuse(const char *where, size_t number)
{
    fprintf(stderr,
            "enrichd privacy: %s %zu is no profile URL, business email or id (--company: page URL, "
            "domain or id); nothing was done\n",
            where, number);
    return false;
}

static bool add(struct privacy_run *run, str text, const char *where, size_t number)
{
    enum err e = key_of(run, str_trim(text), &run->arena, &run->keys[run->key_count]);
    if (e == ERR_INVALID) return refuse(where, number);
    if (e != OK) return privacy_report(e, "read the identifiers") == 0;
    run->key_count++;
    return true;
}

static bool add_lines(struct privacy_run *run, str text)
{
    str line;
    for (size_t number = 1; str_split(&text, '\n', &line); number++) {
        if (str_trim(line).n && !add(run, line, "line", number)) return false;
    }
    return true;
}

static size_t count_lines(str text)
{
    size_t count = 1;
    for (size_t at = 0; (at = str_find_char(text, '\n', at)) != SIZE_MAX; at++) count++;
    return count;
}

static enum err read_all(struct os_file file, struct buf *out)
{
    for (size_t n = 1; n > 0; out->n += n) {
        char *place = buf_reserve(out, READ_BYTES);
        if (!place) return err_raise(ERR_LIMIT, "more than %zu bytes", FILE_BYTES_MAX);
        TRY(os_read_some(file, place, READ_BYTES, &n));
    }
    return OK;
}

static enum err read_file(const char *path, struct buf *out)
{
    OS_FILE_AUTO file = OS_FILE_NONE;
    if (!path) return OK;
    if (str_eq(str_of_cstr(path), STR("-"))) return read_all((struct os_file){STDIN_FILENO}, out);
    TRY(os_open_read(path, &file));
    return read_all(file, out);
}

bool privacy_read_identifiers(struct privacy_run *run, int argc, char **argv)
{
    struct buf text;
    buf_init(&text, FILE_BYTES_MAX);
    enum err e = read_file(run->options->file, &text);
    run->keys = arena_array(&run->arena, (size_t)argc + count_lines(buf_str(&text)), sizeof *run->keys);
    if (e == OK && !run->keys) e = err_raise(ERR_NOMEM, "no memory for identifiers");
    bool is_good = e == OK || privacy_report(e, "read the identifiers") == 0;
    for (int i = 0; is_good && i < argc; i++)
        is_good = add(run, str_of_cstr(argv[i]), "argument", (size_t)i + 1);
    if (is_good) is_good = add_lines(run, buf_str(&text));
    buf_fini(&text); /* keys have texts of their own */
    return is_good;
}
