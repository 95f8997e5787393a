/* Suppression with the mark of an erasure, then records, then batches.
 *
 *     erasure   a row that a run after a broken-off one finds again, and that counts what is removed
 *     list      every key of the person is on it before anything is removed: nothing comes back meanwhile
 *     records   deletions are published, and everything is compacted, so that no old version stays
 *     batches   their scrubbing is the work of a server; if none runs, this process is one until it is done
 */
#include "cmd/privacy_erase.h"

#include <unistd.h>

#include "base/log.h"
#include "base/os.h"
#include "base/time.h"
#include "cmd/job_settings.h"
#include "cmd/settings.h"
#include "crypto/uuid.h"
#include "store/audit.h"
#include "store/records_segments.h"

#define PAUSE_US        100000
#define MESSAGES_EVERY  50
#define RECEIPT_BYTES   ((size_t)4 << 10)
#define TOMBSTONE_BYTES ((size_t)4 << 10)

/* ---- records ---- */

static enum err put_deletion(struct records_writer *writer, int64_t id)
{
    struct buf stored;
    buf_init(&stored, TOMBSTONE_BYTES);
    enum err e = record_encode_tombstone(id, &stored);
    if (e == OK) e = writer->records->ops->put(writer, buf_str(&stored));
    buf_fini(&stored);
    return e;
}

static enum err delete_records(struct records *records, const struct suppression_reach *reach)
{
    struct records_writer *writer;
    enum err e = OK;
    TRY(records->ops->write(records, true, &writer));
    for (size_t i = 0; e == OK && i < reach->of.id_count; i++) e = put_deletion(writer, reach->of.ids[i]);
    if (e == OK) return records->ops->commit(writer, NULL, NULL);
    records->ops->abort(writer);
    return e;
}

/* Also when there is nothing to delete: an erasure that was broken off may have left it to do. */
static enum err erase_records(struct privacy_run *run, const struct suppression_reach *reach)
{
    struct records_compaction done;
    TRY(delete_records(run->records, reach));
    return run->records->ops->compact(run->records, COMPACT_ALL, NULL, NULL, &done);
}

/* ---- batches ---- */

static enum err is_left(struct control *control, int64_t seq, bool *ret)
{
    struct uuid id;
    size_t count;
    TRY(control->ops->unscrubbed(control, seq, true, &id, 1, &count));
    *ret = count > 0;
    return OK;
}

static enum err wait_until_done(struct control *control, int64_t seq)
{
    bool is_more;
    for (;;) {
        TRY(is_left(control, seq, &is_more));
        if (!is_more) return OK;
        usleep(PAUSE_US);
    }
}

static enum err work(struct privacy_run *run, const struct conf *conf, struct control *control,
                     struct suppression *suppression, int64_t seq)
{
    struct records_segments_settings settings = settings_records(conf);
    struct records *records[ENTITY_COUNT] = {0};
    struct jobs *jobs = NULL;
    struct jobs_settings jobs_settings = job_settings_of(conf);
    enum err e = OK;
    jobs_settings.suppression = suppression;
    for (int i = 0; e == OK && i < ENTITY_COUNT; i++)
        e = records_segments_open(run->options->data, (enum entity)i, &settings, &records[i]);
    if (e == OK) e = jobs_start(&jobs_settings, control, records, &jobs);
    if (e == OK) e = wait_until_done(control, seq);
    jobs_stop(jobs);
    for (int i = 0; i < ENTITY_COUNT; i++) {
        if (records[i]) records[i]->ops->close(records[i]);
    }
    return e;
}

/* Does what a server would do. ERR_BUSY: there is one. */
static enum err be_the_server(struct privacy_run *run, int64_t seq)
{
    struct settings_source source = SETTINGS_SOURCE_INIT;
    struct conf conf;
    struct control *control;
    struct suppression *suppression = NULL;
    source.data_cstr = run->options->data;
    enum err e = settings_load(&source, &conf);
    if (e == OK) {
        struct control_sqlite_settings settings = control_settings_of(&conf);
        e = control_sqlite_open(run->options->data, CONTROL_SERVE, &settings, &control);
    }
    if (e == OK) {
        e = suppression_open(control, str_of(run->secret, sizeof run->secret), &suppression);
        if (e == OK) e = work(run, &conf, control, suppression, seq);
        suppression_close(suppression);
        control->ops->close(control);
    }
    conf_fini(&conf);
    return e;
}

/* All batches that were submitted before, the unfinished ones when they end. */
static enum err erase_from_batches(struct privacy_run *run, int64_t seq)
{
    bool is_more;
    for (uint32_t turn = 0;; turn++) {
        TRY(is_left(run->control, seq, &is_more));
        if (!is_more) return OK;
        enum err e = be_the_server(run, seq);
        if (e != OK && e != ERR_BUSY) return e;
        if (turn % MESSAGES_EVERY == MESSAGES_EVERY - 1)
            fprintf(stderr, "enrichd privacy: waiting for batches of the running server\n");
        usleep(PAUSE_US);
    }
}

/* ---- the receipt ---- */

static void add_receipt(struct buf *out, const struct privacy_run *run, const struct suppression_reach *reach,
                        const struct erasure *erasure)
{
    buf_add_format(out, "\"receipt\":\"%.*s\"", STR_ARG(UUID_STR(erasure->receipt)));
    privacy_add_time(out, STR("started_at"), erasure->started_us);
    privacy_add_time(out, STR("erased_at"), os_now_us());
    buf_add_format(out,
                   ",\"identifiers\":%zu,\"records\":%" PRIu64
                   ",\"sharing_records\":%zu,\"result_lines\":%" PRIu64 ",\"inputs\":%" PRIu64,
                   run->key_count, erasure->records, reach->of.sharing_id_count, erasure->lines,
                   erasure->inputs);
}

/* Out of the process before the erasure counts as finished: who is killed in between gives it once more. */
static enum err give_receipt(struct privacy_run *run, const struct suppression_reach *reach,
                             const struct erasure *erasure)
{
    struct audit_head head;
    struct buf receipt;
    buf_init(&receipt, RECEIPT_BYTES);
    add_receipt(&receipt, run, reach, erasure);
    enum err e = audit_add(run->options->data, run->control, STR("privacy.erase"), buf_str(&receipt), &head);
    if (e == OK) {
        buf_add_format(&receipt, ",\"audit_entry\":%" PRIu64 ",\"audit_hash\":\"", head.entry);
        privacy_add_hex(&receipt, head.hash, sizeof head.hash);
        if (printf("{%.*s\"}\n", STR_ARG(buf_str(&receipt))) < 0 || fflush(stdout) != 0)
            e = err_raise_errno("standard output");
    }
    buf_fini(&receipt);
    return e;
}

/* ---- all of it ---- */

static enum err list_seq(struct privacy_run *run, int64_t *ret)
{
    const struct suppression_set *set;
    TRY(suppression_take(run->suppression, &set));
    *ret = suppression_seq(set);
    suppression_return(run->suppression, set);
    return OK;
}

/* A run that was broken off is found by any of its identifiers. */
static enum err begin(struct privacy_run *run, struct erasure *ret)
{
    char member[64];
    uint8_t(*hashes)[SHA256_BYTES] = arena_array(&run->arena, run->key_count, sizeof *hashes);
    if (!hashes) return err_raise(ERR_NOMEM, "no memory for %zu identifiers", run->key_count);
    for (size_t i = 0; i < run->key_count; i++)
        suppression_hash(run->suppression, run->entity, run->keys[i], hashes[i]);
    TRY(run->control->ops->erasure_begin(run->control, (const uint8_t(*)[SHA256_BYTES])hashes, run->key_count,
                                         os_now_us(), ret));
    int n = snprintf(member, sizeof member, "\"receipt\":\"%.*s\"", STR_ARG(UUID_STR(ret->receipt)));
    return audit_add(run->options->data, run->control, STR("privacy.erase.begin"), str_of(member, (size_t)n),
                     NULL);
}

static enum err erase(struct privacy_run *run, struct suppression_reach *reach)
{
    struct erasure erasure;
    int64_t seq;
    TRY(begin(run, &erasure));
    TRY(privacy_suppress(run, &erasure, reach));
    TRY(run->control->ops->erasure_records(run->control, erasure.id, reach->of.id_count, &erasure));
    TRY(erase_records(run, reach));
    TRY(list_seq(run, &seq));
    TRY(erase_from_batches(run, seq));
    TRY(run->control->ops->erasure_records(run->control, erasure.id, 0, &erasure));
    TRY(give_receipt(run, reach, &erasure));
    return run->control->ops->erasure_end(run->control, erasure.id, os_now_us());
}

int privacy_erase(struct privacy_run *run)
{
    struct suppression_reach reach;
    log_setup(LOG_WARN, LOG_FORMAT_AUTO);
    enum err e = erase(run, &reach);
    if (e != OK) {
        privacy_report(e, "erase");
        fputs("Not everything is erased: repeat it. Nothing of the person is handed out.\n", stderr);
        return EXIT_FAILED;
    }
    for (size_t i = 0; i < reach.of.sharing_id_count; i++)
        fprintf(stderr,
                "enrichd privacy: record %" PRId64 " shares an identifier: it is suppressed and was kept\n",
                reach.of.sharing_ids[i]);
    return 0;
}
