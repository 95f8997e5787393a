/* The same job with Redis: MGET of the ids, MGET of the documents, both pipelined; yyjson takes the two
 * families out; zlib level 1.
 *
 * usage: bench_redis SOCKET PEOPLE.jsonl. Loads the people (identifier -> id, id -> document), says "ready",
 * then answers each line IDENTIFIERS-FILE <tab> OUT-FILE with the microseconds that the job took.
 */
#include "programs.h"

#include <hiredis/hiredis.h>
#include <yyjson.h>
#include <zlib.h>

#define KEYS_A_COMMAND   500
#define COMMANDS_IN_LOAD 2000
#define KEY_BYTES_MAX    512

static redisReply *next_reply(redisContext *redis)
{
    void *reply;
    if (redisGetReply(redis, &reply) != REDIS_OK) give_up(redis->errstr);
    return reply;
}

/* ---- loading ---- */

struct loader {
    redisContext *redis;
    size_t waiting; /* commands without a reply */
};

static void settle(struct loader *loader)
{
    for (; loader->waiting; loader->waiting--) freeReplyObject(next_reply(loader->redis));
}

static void set(struct loader *loader, str key, str value)
{
    if (redisAppendCommand(loader->redis, "SET %b %b", key.p, key.n, value.p, value.n) != REDIS_OK)
        give_up("SET");
    if (++loader->waiting == COMMANDS_IN_LOAD) settle(loader);
}

static str text_of(yyjson_val *value)
{
    return str_of(yyjson_get_str(value), yyjson_get_len(value));
}

static void load_line(struct loader *loader, str line)
{
    yyjson_doc *doc = yyjson_read(line.p, line.n, YYJSON_READ_NOFLAG);
    if (!doc) give_up("not JSON");
    yyjson_val *root = yyjson_doc_get_root(doc);
    char id[32];
    int id_bytes =
        snprintf(id, sizeof id, "%" PRIu64, yyjson_get_uint(yyjson_obj_get(root, "crustdata_person_id")));
    set(loader, str_of(id, (size_t)id_bytes), line);
    yyjson_val *handles = yyjson_obj_get(root, "social_handles");
    yyjson_val *network = yyjson_obj_get(handles, "professional_network_identifier");
    set(loader, text_of(yyjson_obj_get(network, "profile_url")), str_of(id, (size_t)id_bytes));
    yyjson_val *url;
    yyjson_arr_iter further = yyjson_arr_iter_with(yyjson_obj_get(network, "further_profile_urls"));
    while ((url = yyjson_arr_iter_next(&further))) set(loader, text_of(url), str_of(id, (size_t)id_bytes));
    yyjson_doc_free(doc);
}

static void load(redisContext *redis, const char *people_cstr)
{
    struct loader loader = {redis, 0};
    FILE *file = fopen(people_cstr, "re");
    if (!file) give_up(people_cstr);
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    while ((n = getline(&line, &room, file)) > 0) load_line(&loader, str_of(line, (size_t)n - 1));
    settle(&loader);
    free(line);
    fclose(file);
}

/* ---- a job ---- */

/* Asks for all keys, KEYS_A_COMMAND at a time; the replies are still to be read. */
static void ask(redisContext *redis, const str *keys, size_t count)
{
    const char *arguments[KEYS_A_COMMAND + 1];
    size_t lengths[KEYS_A_COMMAND + 1];
    for (size_t from = 0; from < count; from += KEYS_A_COMMAND) {
        size_t n = count - from < KEYS_A_COMMAND ? count - from : KEYS_A_COMMAND;
        arguments[0] = "MGET";
        lengths[0] = 4;
        for (size_t i = 0; i < n; i++) {
            arguments[i + 1] = keys[from + i].p;
            lengths[i + 1] = keys[from + i].n;
        }
        if (redisAppendCommandArgv(redis, (int)n + 1, arguments, lengths) != REDIS_OK) give_up("MGET");
    }
}

static void add_line(str identifier, str id, str document, gzFile out)
{
    yyjson_doc *doc = yyjson_read(document.p, document.n, YYJSON_READ_NOFLAG);
    yyjson_val *root = yyjson_doc_get_root(doc);
    char name[2 * KEY_BYTES_MAX + 2];
    size_t profile_bytes, handles_bytes;
    char *profile = yyjson_val_write(yyjson_obj_get(root, "basic_profile"), 0, &profile_bytes);
    char *handles = yyjson_val_write(yyjson_obj_get(root, "social_handles"), 0, &handles_bytes);
    if (!profile || !handles) give_up("a family is missing");
    gzprintf(out,
             "{\"original_identifier\":%.*s,\"internal_id\":%.*s,\"data\":{\"crustdata_person_id\":%.*s,",
             (int)quoted(identifier, name), name, STR_ARG(id), STR_ARG(id));
    gzputs(out, "\"basic_profile\":");
    gzwrite(out, profile, (unsigned)profile_bytes);
    gzputs(out, ",\"social_handles\":");
    gzwrite(out, handles, (unsigned)handles_bytes);
    gzputs(out, "}}\n");
    free(profile);
    free(handles);
    yyjson_doc_free(doc);
}

/* Keeps the found ids, and the identifier of each, in their order; the replies hold the ids. */
static size_t collect_ids(redisContext *redis, str *identifiers, size_t count, str *ids, redisReply **replies)
{
    size_t found = 0, at = 0;
    for (size_t c = 0; at < count; c++) {
        replies[c] = next_reply(redis);
        for (size_t i = 0; i < replies[c]->elements; i++, at++) {
            const redisReply *id = replies[c]->element[i];
            if (id->type != REDIS_REPLY_STRING) continue;
            ids[found] = str_of(id->str, id->len);
            identifiers[found++] = identifiers[at];
        }
    }
    return found;
}

static void job(redisContext *redis, str *identifiers, size_t count, const char *out_cstr)
{
    size_t command_count = (count + KEYS_A_COMMAND - 1) / KEYS_A_COMMAND;
    str *ids = calloc(count, sizeof *ids);
    redisReply **replies = calloc(command_count, sizeof *replies);
    gzFile out = gzopen(out_cstr, "wb1");
    if (!ids || !replies || !out) give_up(out_cstr);
    gzbuffer(out, 256 << 10);
    ask(redis, identifiers, count);
    size_t found = collect_ids(redis, identifiers, count, ids, replies);
    ask(redis, ids, found);
    for (size_t at = 0; at < found;) {
        redisReply *reply = next_reply(redis);
        for (size_t i = 0; i < reply->elements; i++, at++)
            add_line(identifiers[at], ids[at], str_of(reply->element[i]->str, reply->element[i]->len), out);
        freeReplyObject(reply);
    }
    gzclose(out);
    for (size_t i = 0; i < command_count; i++) freeReplyObject(replies[i]);
    free(replies);
    free(ids);
}

static void measure(redisContext *redis, const char *identifiers_cstr, const char *out_cstr)
{
    str text = read_whole(identifiers_cstr), rest = text;
    str *identifiers = calloc(text.n / 2 + 1, sizeof *identifiers);
    if (!identifiers) give_up("calloc");
    size_t count = 0;
    while (str_split(&rest, '\n', &identifiers[count])) count += identifiers[count].n > 0;
    int64_t start = clock_us();
    job(redis, identifiers, count, out_cstr);
    printf("%" PRId64 "\n", clock_us() - start);
    fflush(stdout);
    free(identifiers);
    free((char *)(uintptr_t)text.p);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: bench_redis SOCKET PEOPLE.jsonl\n", stderr);
        return 2;
    }
    redisContext *redis = redisConnectUnix(argv[1]);
    if (!redis || redis->err) give_up(argv[1]);
    load(redis, argv[2]);
    puts("ready");
    fflush(stdout);
    const char *identifiers_cstr, *out_cstr;
    while (next_task(&identifiers_cstr, &out_cstr)) measure(redis, identifiers_cstr, out_cstr);
    redisFree(redis);
    return 0;
}
