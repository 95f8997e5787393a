/* The folder itself, and how findings are told. */
#include "folder/check.h"

#include <stdarg.h>

#include "base/os.h"
#include "folder/check_state.h"
#include "store/audit.h"
#include "store/audit_row.h"

#define ARENA_BYTES_MAX ((size_t)2 << 30)
#define SECRET_BYTES    32
#define OTHERS          077u /* permissions of group and others */

enum err check_path(const struct check *check, const char *name_cstr, char ret[CHECK_PATH_MAX])
{
    int n = snprintf(ret, CHECK_PATH_MAX, "%s/%s", check->data_cstr, name_cstr);
    if (n < 0 || (size_t)n >= CHECK_PATH_MAX)
        return err_raise(ERR_LIMIT, "path too long: %s", check->data_cstr);
    return OK;
}

/* ---- findings ---- */

static __attribute__((format(printf, 5, 0))) void report(struct check *check, enum check_level level,
                                                         const char *where, const char *advice,
                                                         const char *format, va_list args)
{
    char what[512];
    vsnprintf(what, sizeof what, format, args);
    if (level == CHECK_DAMAGE) check->counts.damage_count++;
    if (level == CHECK_WARNING) check->counts.warning_count++;
    struct check_finding finding = {level, where, what, advice};
    if (check->settings->on_finding) check->settings->on_finding(check->settings->context, &finding);
}

void check_damage(struct check *check, const char *where_cstr, const char *advice_cstr, const char *format,
                  ...)
{
    va_list args;
    va_start(args, format);
    report(check, CHECK_DAMAGE, where_cstr, advice_cstr, format, args);
    va_end(args);
}

void check_warn(struct check *check, const char *where_cstr, const char *advice_cstr, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report(check, CHECK_WARNING, where_cstr, advice_cstr, format, args);
    va_end(args);
}

enum err check_error(struct check *check, enum err e, const char *where_cstr, const char *advice_cstr)
{
    if (e == OK || e == ERR_NOMEM || e == ERR_LIMIT) return e;
    check_damage(check, where_cstr, advice_cstr, "%s", err_detail());
    return OK;
}

void check_progress(struct check *check)
{
    if (check->settings->on_progress) check->settings->on_progress(check->settings->context, &check->counts);
}

/* ---- the folder ---- */

/* What enrichd puts into the folder. */
static const struct {
    const char *name_cstr;
    bool is_private; /* false: others may read it */
} known[] = {
    {"control.db", true},   {"control.db-wal", true}, {"control.db-shm", true}, {"control.db-journal", true},
    {"secret.key", true},   {"secret.key.tmp", true}, {"records", true},        {"pieces", true},
    {"keys.changed", true}, {"lock", false},          {"enrichd.conf", false},  {"suppression.changed", true},
    {"audit.log", true},
};
#define KNOWN_COUNT (sizeof known / sizeof *known)

static enum err check_permissions(struct check *check, const char *name)
{
    char path[CHECK_PATH_MAX];
    struct os_stat found;
    TRY(check_path(check, name, path));
    enum err e = os_stat(path, &found);
    if (e == ERR_NOT_FOUND) return OK;
    if (e == OK && found.permissions & OTHERS)
        check_warn(check, name, found.is_dir ? "chmod 700" : "chmod 600",
                   "others than its owner have access: mode %03o", found.permissions);
    return check_error(check, e, name, "make it readable");
}

static enum err check_entry(void *context, const char *name_cstr)
{
    struct check *check = context;
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        if (!str_eq(str_of_cstr(name_cstr), str_of_cstr(known[i].name_cstr))) continue;
        return known[i].is_private ? check_permissions(check, name_cstr) : OK;
    }
    check_warn(check, name_cstr, "remove it if nobody else needs it", "not a file of enrichd's");
    return OK;
}

static enum err count_batches(struct check *check, int64_t *ret)
{
    *ret = 0;
    if (!check->db.handle) return OK;
    return sqlite_number(&check->db, "SELECT count(*) FROM batch", ret);
}

/* A folder without batches may not have been served yet, and so have no secret. */
static enum err check_secret(struct check *check)
{
    static const char advice[] = ADVICE_RESTORE ", or remove the file: links given out so far end";
    static const char name[] = "secret.key";
    char path[CHECK_PATH_MAX];
    struct os_stat found;
    int64_t batches;
    TRY(check_path(check, name, path));
    enum err e = os_stat(path, &found);
    if (e == ERR_NOT_FOUND) {
        TRY(check_error(check, count_batches(check, &batches), "control.db", ADVICE_RESTORE));
        if (batches) check_damage(check, name, ADVICE_RESTORE, "missing, though there are batches");
        return OK;
    }
    if (e == OK && found.bytes != SECRET_BYTES)
        check_damage(check, name, advice, "has %" PRIu64 " bytes instead of %d", found.bytes, SECRET_BYTES);
    return check_error(check, e, name, ADVICE_RESTORE);
}

/* Reads what control.db remembers first: the log may grow meanwhile. */
static enum err check_audit(struct check *check)
{
    static const char name[] = "audit.log";
    struct audit_head remembered = {0}, latest;
    if (check->db.handle)
        TRY(check_error(check, audit_row_get(&check->db, &remembered), "control.db", ADVICE_RESTORE));
    return check_error(check, audit_verify(check->data_cstr, &remembered, &latest), name,
                       "find out who changed it; compare it with that of a backup");
}

static enum err check_all(struct check *check)
{
    TRY(check_permissions(check, "."));
    TRY(check_error(check, os_list_dir(check->data_cstr, check_entry, check), ".", "make it readable"));
    TRY(check_control(check));
    TRY(check_secret(check));
    TRY(check_audit(check));
    if (check->db.handle) TRY(check_batches(check));
    TRY(check_piece_files(check));
    return check_records(check);
}

enum err check_folder(const char *data_cstr, const struct check_settings *settings, struct check_counts *ret)
{
    struct check check = {.data_cstr = data_cstr, .settings = settings};
    struct os_stat found;
    TRY(os_stat(data_cstr, &found));
    if (!found.is_dir) return err_raise(ERR_NOT_FOUND, "%s is no folder", data_cstr);
    arena_init(&check.arena, ARENA_BYTES_MAX);
    enum err e = check_all(&check);
    sqlite_close(&check.db);
    arena_fini(&check.arena);
    *ret = check.counts;
    return e;
}
