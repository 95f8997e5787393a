/* A server without HTTP for tests: a data folder, control data, persons in memory, and jobs.
 *
 * Identifiers are made up by a number: person-<n>@example.com, of which persons 1..HELP_PERSONS are known.
 * Every tenth position of a list is one that is not known, every 25th is invalid, every 40th repeats the one
 * before.
 */
#ifndef ENRICHD_TESTS_JOBS_HELP_H
#define ENRICHD_TESTS_JOBS_HELP_H

#include "fake_records.h"
#include "folder.h"
#include "jobs/jobs.h"
#include "results/file.h"

#define HELP_PERSONS      12000
#define HELP_PERSON_BYTES 1200

struct help_server {
    char folder[FOLDER_PATH_MAX];
    struct fake_records persons, companies;
    struct jobs_settings settings; /* may be changed before the next start */
    str suppression_secret;        /* empty: nobody is suppressed */
    struct suppression *suppression;
    struct control *control;
    struct jobs *jobs;
    int64_t account_id;
};

/* Makes the folder and the persons; starts nothing. */
void help_server_init(struct help_server *server);
void help_server_fini(struct help_server *server);

void help_start(struct help_server *server);
void help_stop(struct help_server *server);

/* A request with its inputs: count of them from `first` on. Free with help_request_free. */
struct job_request *help_request(struct help_server *server, uint32_t first, uint32_t count);
void help_request_free(struct job_request *request);

/* Submits and waits for the answer. */
enum err help_try_submit(struct help_server *server, struct job_request *request);

/* The same for a request made on the spot; its id. */
struct uuid help_submit(struct help_server *server, uint32_t first, uint32_t count);

/* Queues and waits. */
enum err help_write(struct help_server *server, enum control_write_kind kind, struct uuid id);

struct batch help_get(struct help_server *server, struct uuid id);

/* Waits until the batch is final (10 s at most) and returns it; until at least that many identifiers are
 * done. */
struct batch help_wait_final(struct help_server *server, struct uuid id);
void help_wait_done(struct help_server *server, struct uuid id, uint32_t identifiers);

/* A whole result file, as sent and inflated; free() the bytes. */
str help_file(struct help_server *server, struct uuid id, struct result_file_name name);
str help_lines(struct help_server *server, struct uuid id, struct result_file_name name);

/* Fails the test unless the batch's merged file, parts and unresolved file are what its inputs must give, up
 * to identifier number `end` (which a claim ends at). */
void help_check_results(struct help_server *server, const struct batch *batch, uint32_t first, uint32_t end);

#endif
