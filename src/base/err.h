/* Error codes, early return, and bug checks.
 *
 * Every function that can fail returns `enum err`. The code says what kind of failure it was; err_detail()
 * has the sentence for a person. Libraries do not log: whoever handles the error logs it, once.
 */
#ifndef ENRICHD_BASE_ERR_H
#define ENRICHD_BASE_ERR_H

#include <stdarg.h>

enum err {
    OK = 0,
    ERR_NOMEM,           /* memory, or the cap of an arena or buffer */
    ERR_IO,              /* the operating system refused; nothing of the step is promised */
    ERR_NOSPACE,         /* disk full or quota reached */
    ERR_INVALID,         /* input that breaks a rule */
    ERR_LIMIT,           /* input over a configured limit */
    ERR_SPENT,           /* a budget has no room for it */
    ERR_NOT_FOUND,       /* no such thing, or not this account's */
    ERR_EXISTS,          /* already there */
    ERR_CONFLICT,        /* the state forbids it (a finished batch cannot be cancelled) */
    ERR_STALE,           /* an old epoch: somebody else has taken over, nothing was written */
    ERR_CORRUPT,         /* stored bytes that fail their checks */
    ERR_BUSY,            /* a queue or lock is taken; try again later */
    ERR_CLOSED,          /* shutting down */
    ERR_UNKNOWN_OUTCOME, /* a commit was sent and its answer lost: it may or may not have happened */
};

#define MUST_USE __attribute__((warn_unused_result))

/* Returns from the calling function with the error, if there is one. */
#define TRY(expr)                                                                                            \
    do {                                                                                                     \
        enum err try_err_ = (expr);                                                                          \
        if (try_err_ != OK) return try_err_;                                                                 \
    } while (0)

/* A bug check that stays on in release builds: prints the condition and aborts. */
#define must(cond)                                                                                           \
    do {                                                                                                     \
        if (__builtin_expect(!(cond), 0)) err_bug(#cond, __FILE__, __LINE__);                                \
    } while (0)

/* The code's name for logs ("io", "no_space", ...). Static storage. */
const char *err_name(enum err e);

/* Records the sentence for err_detail() and returns e, so that `return err_raise(ERR_IO, "open %s", path)`
 * works. The text is cut at 511 bytes. Any thread; the record is the thread's own. */
enum err err_raise(enum err e, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/* As err_raise, with ": <text of errno>" appended; the code is ERR_NOSPACE for ENOSPC, EDQUOT and EFBIG,
 * ERR_NOMEM for ENOMEM, ERR_NOT_FOUND for ENOENT, ERR_EXISTS for EEXIST, else ERR_IO. */
enum err err_raise_errno(const char *format, ...) __attribute__((format(printf, 1, 2), cold));

/* Passes e on; unless it is OK, puts "<where>: " in front of the sentence. For calls that know what happened
 * but not to which file. */
enum err err_at(enum err e, const char *where_cstr);

/* The sentence of this thread's latest err_raise; empty if there was none. Valid until the next err_raise. */
const char *err_detail(void);

_Noreturn void err_bug(const char *condition, const char *file, int line) __attribute__((cold));

#endif
