/* A server, its clients and its bad luck, in one process and decided by one number.
 *
 *     sim SEED          one run, with a line about what happened in it
 *     sim FIRST LAST    all of them, each in a process of its own, until one fails, whose seed is said
 *
 * jobs, results and hooks run as they are, over a store in memory (sim_store.h), threads that take turns
 * (threads.h) and receivers of webhooks (network.h). Clients submit, repeat, cancel and erase; the disk fails
 * and fills up; threads stop for longer than a lease; the clock steps; power fails; receivers fail. What must
 * hold is checked as it happens (sim_store.c) and after each step (here). In the end all trouble stops, and
 * whatever was acknowledged must come to its end with the right lines and its event.
 */
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/os.h"
#include "fake_records.h"
#include "hooks/hooks.h"
#include "jobs/enrich.h"
#include "jobs/jobs.h"
#include "jobs/plan.h"
#include "sim/network.h"
#include "sim/sim_store.h"
#include "sim/threads.h"
#include "waiter.h"

#define LANES        4 /* runs at a time */
#define CLIENTS      3
#define WORKERS      3
#define PERSONS      60
#define PERSON_BYTES 150
#define ORDERS_MAX   200 /* submissions of one run, repetitions not counted */
#define ACTIVE_MAX   6
#define ACCOUNT      1

#define SECOND_US     INT64_C(1000000)
#define LEASE_US      (2 * SECOND_US)
#define RETENTION_US  (3600 * SECOND_US)
#define TROUBLE_STEPS 2500    /* of each run, until trouble ends */
#define QUIET_STEPS   2000000 /* by then all must be over */

#define ARENA_BYTES_MAX ((size_t)16 << 20)

/* What a client wants and what it was told. It outlives crashes: clients are elsewhere. */
struct order {
    uint32_t first, count; /* of the identifiers */
    char key[24];          /* idempotency key; empty: none */
    str results, unresolved;
    struct uuid id;
    bool is_complete; /* all above but the id */
    bool is_under_way, is_acknowledged;
    bool is_cancel_acknowledged, is_erase_acknowledged;
    enum batch_state seen; /* the furthest state that was seen */
};

static struct sim {
    struct sim_store store;
    struct fake_records persons, companies;
    struct fake_records truth; /* the same persons, without trouble */
    struct jobs *jobs;
    struct hooks *hooks;
    pthread_t clients[CLIENTS];
    struct order orders[ORDERS_MAX];
    uint32_t order_count, order_max;
    bool is_quiet; /* trouble is over */
    bool is_stopped;
    uint32_t crash_count, acknowledged_count, repeated_count, refused_count;
} sim;

/* ---- identifiers and what they must come to ---- */

static void add_identifier(struct buf *out, uint32_t number)
{
    if (number % 9 == 0) {
        buf_add_format(out, "no address %u", number);
    } else if (number % 5 == 0) {
        buf_add_format(out, "nobody-%u@example.com", number);
    } else {
        buf_add_format(out, "person-%u@example.com", number % PERSONS + 1);
    }
}

static struct input *make_inputs(const struct order *order, struct arena *arena)
{
    struct input *inputs = arena_array(arena, order->count, sizeof *inputs);
    struct buf text;
    buf_init(&text, 256);
    for (uint32_t i = 0; i < order->count; i++) {
        buf_clear(&text);
        add_identifier(&text, order->first + i);
        inputs[i].text = arena_copy(arena, buf_str(&text));
    }
    buf_fini(&text);
    return inputs;
}

/* The lines as one claim over the whole list gives them. */
static void expect(struct order *order)
{
    const struct project_plan *plan;
    struct arena arena;
    struct enrich_output output = {0};
    arena_init(&arena, ARENA_BYTES_MAX);
    buf_init(&output.results, ARENA_BYTES_MAX);
    buf_init(&output.unresolved, ARENA_BYTES_MAX);
    must(plan_compile(ENTITY_PERSON, STR(""), STR(""), &arena, &plan) == OK);
    const struct enrich_spec spec = {ENTITY_PERSON, IDENTIFIER_BUSINESS_EMAIL, IDENTIFIER_BYTES_MAX, plan};
    struct input *inputs = make_inputs(order, &arena);
    must(inputs_mark_duplicates(inputs, order->count, &arena) == OK);
    must(enrich(&spec, inputs, order->count, &sim.truth.snapshot, NULL, &arena, &output) == OK);
    order->results = buf_str(&output.results);
    order->unresolved = buf_str(&output.unresolved);
    arena_fini(&arena);
}

static struct order *new_order(void)
{
    struct order *order = &sim.orders[sim.order_count++];
    *order = (struct order){.first = sim.order_count * 1000, .count = 1 + threads_random(40)};
    if (threads_chance(2)) snprintf(order->key, sizeof order->key, "key-%u", sim.order_count);
    expect(order);
    order->is_complete = true;
    return order;
}

/* ---- clients ---- */

static void request_done(struct job_request *request)
{
    waiter_wake(request->context);
}

static void write_done(struct control_write *write)
{
    waiter_wake(write->context);
}

static enum err send_order(const struct order *order, struct arena *arena, struct uuid *ret)
{
    struct waiter waiter = WAITER_INIT;
    struct job_request request = {
        .account_id = ACCOUNT,
        .entity = ENTITY_PERSON,
        .action = ACTION_ENRICH,
        .identifier_kind = IDENTIFIER_BUSINESS_EMAIL,
        .inputs = make_inputs(order, arena),
        .input_count = order->count,
        .chunk_size = 10,
        .webhook_url = order->first % 3000 ? STR("") : STR("https://receiver.example/events"),
        .key_id = "simulate",
        .idempotency_key = str_of_cstr(order->key),
        .arena = arena,
        .done = request_done,
        .context = &waiter,
    };
    TRY(jobs_submit(sim.jobs, &request));
    waiter_wait(&waiter);
    if (request.result == OK || request.result == ERR_EXISTS) *ret = request.batch.id;
    return request.result;
}

static void submit(struct order *order)
{
    struct arena arena;
    struct uuid id;
    arena_init(&arena, ARENA_BYTES_MAX);
    order->is_under_way = true;
    enum err e = send_order(order, &arena, &id);
    order->is_under_way = false;
    arena_fini(&arena);
    must(e != ERR_CONFLICT && e != ERR_NOT_FOUND && e != ERR_CORRUPT && e != ERR_INVALID);
    must(e != ERR_EXISTS || *order->key);
    if (e != OK && e != ERR_EXISTS) {
        sim.refused_count++;
        return;
    }
    if (order->is_acknowledged) must(uuid_eq(order->id, id) && "a repetition gets the first batch");
    sim.repeated_count += e == ERR_EXISTS;
    sim.acknowledged_count += !order->is_acknowledged;
    order->is_acknowledged = true;
    order->id = id;
}

static void change(struct order *order, enum control_write_kind kind)
{
    struct waiter waiter = WAITER_INIT;
    struct control_write write = {.kind = kind,
                                  .account_id = ACCOUNT,
                                  .batch_id = order->id,
                                  .retention_us = RETENTION_US,
                                  .done = write_done,
                                  .context = &waiter};
    if (jobs_write(sim.jobs, &write) != OK) return;
    waiter_wait(&waiter);
    must(write.result != ERR_NOT_FOUND && "an acknowledged batch is there");
    if (write.result != OK) return;
    hooks_wake(sim.hooks);
    if (kind == WRITE_CANCEL) order->is_cancel_acknowledged = true;
    if (kind == WRITE_ERASE) order->is_erase_acknowledged = true;
}

static struct order *any_order(void)
{
    return sim.order_count ? &sim.orders[threads_random(sim.order_count)] : NULL;
}

static void *client(void *context)
{
    (void)context;
    while (!sim.is_quiet) {
        struct order *order = any_order();
        uint32_t choice = threads_random(16);
        if (choice < 6 && sim.order_count < sim.order_max) {
            submit(new_order());
        } else if (order && choice < 9 && *order->key && order->is_complete && !order->is_under_way) {
            submit(order);
        } else if (order && choice == 9 && order->is_acknowledged) {
            change(order, WRITE_CANCEL);
        } else if (order && choice == 10 && order->is_acknowledged) {
            change(order, WRITE_ERASE);
        }
        usleep(1 + threads_random(20000));
    }
    return NULL;
}

/* ---- the server ---- */

static void wake_hooks(void *context, struct uuid batch_id)
{
    (void)context, (void)batch_id;
    hooks_wake(sim.hooks);
}

/* What network.c reads. */
static void add_hook_body(void *context, const struct batch *batch, struct buf *out)
{
    (void)context;
    buf_add(out, UUID_STR(batch->id));
}

static void new_hooks(void)
{
    static const int64_t delays_us[] = {5 * SECOND_US, 60 * SECOND_US};
    const struct hooks_settings settings = {
        .transfer = {.timeout_us = 15 * SECOND_US},
        .schedule = {delays_us, 2, 10 * SECOND_US},
        .body = {add_hook_body, NULL},
        .attempts_max = 4,
        .account_attempts_max = 4,
        .host_attempts_max = 3,
        .stop_timeout_us = SECOND_US,
    };
    must(hooks_new(&settings, &sim.store.base, &sim.hooks) == OK);
}

static void start(void)
{
    const struct jobs_settings settings = {
        .worker_count = WORKERS,
        .active_batches_max = ACTIVE_MAX,
        .submit_queue_max = 2,
        .piece_raw_bytes = 1024,
        .prepared_batches_max = 4,
        .identifier_bytes_max = IDENTIFIER_BYTES_MAX,
        .retention_us = RETENTION_US,
        .reap_period_us = 30 * SECOND_US,
        .checkpoint_us = SECOND_US / 20,
        .chunk_memory_bytes = 4 << 20,
        .on_final = wake_hooks,
    };
    struct records *const records[ENTITY_COUNT] = {&sim.persons.base, &sim.companies.base};
    sim_store_open(&sim.store);
    new_hooks();
    must(jobs_start(&settings, &sim.store.base, records, &sim.jobs) == OK);
    must(hooks_start(sim.hooks, sim.jobs) == OK);
    for (int i = 0; i < CLIENTS; i++) must(pthread_create(&sim.clients[i], NULL, client, NULL) == 0);
}

static void *stop(void *context)
{
    (void)context;
    for (int i = 0; i < CLIENTS; i++) must(pthread_join(sim.clients[i], NULL) == 0);
    hooks_stop(sim.hooks);
    jobs_stop(sim.jobs);
    hooks_free(sim.hooks);
    sim.is_stopped = true;
    return NULL;
}

static void crash(void)
{
    sim.crash_count++;
    threads_crash();
    for (uint32_t i = 0; i < sim.order_count; i++) sim.orders[i].is_under_way = false;
    sim_store_crash(&sim.store);
    network_crash();
    start();
}

/* ---- trouble ---- */

static void cause_trouble(void)
{
    struct sim_faults *faults = &sim.store.faults;
    if (sim.store.ghost && threads_chance(50)) {
        crash();
        return;
    }
    switch (threads_random(1500)) {
    case 0:
    case 1:
        crash();
        return;
    case 2:
    case 3:
        threads_pause_latest(threads_random(3) * LEASE_US);
        return;
    case 4:
        threads_step_clock((int64_t)threads_random(7200) * SECOND_US - 3600 * SECOND_US);
        return;
    case 5:
        faults->is_disk_full = true;
        return;
    case 9:
    case 10:
    case 11:
    case 12:
        faults->is_disk_full = false;
        return;
    case 6:
    case 7:
        faults->transaction = threads_chance(2) ? 2 + threads_random(10) : 0;
        faults->piece = threads_chance(2) ? 2 + threads_random(10) : 0;
        faults->sync = threads_chance(2) ? 2 + threads_random(10) : 0;
        return;
    case 8:
        fake_records_fail(&sim.persons, ERR_IO, 1 + threads_random(3));
        return;
    default:
        return;
    }
}

/* ---- what must hold ---- */

/* Where a batch may go from a state that was seen. A batch that was processing may be found pending after a
 * crash. */
static void check_order(struct order *order)
{
    if (!order->is_acknowledged) return;
    const struct sim_row *row = sim_store_find(&sim.store, order->id);
    must(row && "an acknowledged batch is never lost");
    bool was_final = batch_state_is_final(order->seen);
    must(!was_final || row->batch.state == order->seen);
    order->seen = row->batch.state;
    if (order->is_cancel_acknowledged) must(row->batch.error == BATCH_ERROR_CANCELLED);
    if (order->is_erase_acknowledged) must(row->batch.is_erased);
}

static void check(void)
{
    sim_store_check(&sim.store);
    for (uint32_t i = 0; i < sim.order_count; i++) check_order(&sim.orders[i]);
}

static void check_lines(const struct order *order)
{
    const struct sim_row *row = sim_store_find(&sim.store, order->id);
    str results, unresolved;
    must(batch_state_is_final(row->batch.state) && "every acknowledged batch comes to its end");
    if (row->batch.is_erased) return;
    sim_row_lines(row, &results, &unresolved);
    if (row->batch.state == BATCH_COMPLETED) {
        must(str_eq(results, order->results) && str_eq(unresolved, order->unresolved));
    } else {
        must(str_starts(order->results, results) && str_starts(order->unresolved, unresolved));
    }
}

/* Delivered is what a receiver has seen, always under the same id; given up is what was tried to the end. */
static void check_delivery(const struct sim_row *row)
{
    const struct delivery *delivery = &row->delivery;
    struct network_seen seen = network_seen(delivery->id, row->batch.id);
    if (!delivery->state) return;
    must(!seen.has_other && "an event has one id over all attempts");
    must(delivery->state != DELIVERY_DELIVERED || seen.count > 0);
    must(delivery->state != DELIVERY_GIVEN_UP || delivery->tried > 0);
}

static bool is_all_over(void)
{
    for (uint32_t i = 0; i < sim.store.row_count; i++) {
        const struct sim_row *row = sim.store.rows[i];
        if (!batch_state_is_final(row->batch.state) || row->delivery.state == DELIVERY_PENDING) return false;
    }
    return true;
}

/* ---- one run ---- */

static void step(void)
{
    must(threads_step() && "somebody can always go on");
    check();
}

static void end_trouble(void)
{
    sim.store.faults = (struct sim_faults){0};
    fake_records_fail(&sim.persons, OK, 0);
    network_trouble(false);
    threads_step_clock(7200 * SECOND_US); /* whatever a clock that was set back has put off is due now */
    sim.is_quiet = true;
}

static void run(uint64_t seed)
{
    pthread_t ignored;
    threads_init(seed);
    network_trouble(true);
    sim.order_max = 5 + threads_random(40);
    sim.store.lease_us = LEASE_US;
    sim_store_init(&sim.store);
    sim.store.lease_us = LEASE_US;
    fake_records_init(&sim.persons, ENTITY_PERSON, PERSONS * 4);
    fake_records_init(&sim.companies, ENTITY_COMPANY, 1);
    fake_records_init(&sim.truth, ENTITY_PERSON, PERSONS * 4);
    fake_records_fill(&sim.persons, PERSONS, PERSON_BYTES);
    fake_records_fill(&sim.truth, PERSONS, PERSON_BYTES);
    start();
    for (uint32_t i = 0; i < TROUBLE_STEPS; i++) {
        step();
        cause_trouble();
    }
    end_trouble();
    for (uint32_t i = 0; i < QUIET_STEPS && !is_all_over(); i++) step();
    must(is_all_over() && "everything comes to its end");
    for (uint32_t i = 0; i < sim.store.row_count; i++) check_delivery(sim.store.rows[i]);
    for (uint32_t i = 0; i < sim.order_count; i++) {
        if (sim.orders[i].is_acknowledged) check_lines(&sim.orders[i]);
    }
    must(pthread_create(&ignored, NULL, stop, NULL) == 0);
    for (uint32_t i = 0; i < QUIET_STEPS && !sim.is_stopped; i++) step();
    must(sim.is_stopped && "the server stops");
}

/* ---- many runs ---- */

/* What happened, so that "nothing was lost" says of how much. */
struct tally {
    uint64_t runs, acknowledged, repeated, refused, crashes, transactions, failed, unknown, takeovers;
    uint64_t attempts, attempts_failed; /* of webhooks */
};

static struct tally tally_of_run(void)
{
    return (struct tally){
        .runs = 1,
        .acknowledged = sim.acknowledged_count,
        .repeated = sim.repeated_count,
        .refused = sim.refused_count,
        .crashes = sim.crash_count,
        .transactions = sim.store.transaction_count,
        .failed = sim.store.failure_count,
        .unknown = sim.store.unknown_count,
        .takeovers = sim.store.takeover_count,
        .attempts = network_attempt_count(),
        .attempts_failed = network_failure_count(),
    };
}

static void tally_add(struct tally *sum, const struct tally *run)
{
    sum->runs += run->runs;
    sum->acknowledged += run->acknowledged;
    sum->repeated += run->repeated;
    sum->refused += run->refused;
    sum->crashes += run->crashes;
    sum->transactions += run->transactions;
    sum->failed += run->failed;
    sum->unknown += run->unknown;
    sum->takeovers += run->takeovers;
    sum->attempts += run->attempts;
    sum->attempts_failed += run->attempts_failed;
}

static void tally_print(const struct tally *sum)
{
    printf("%" PRIu64 " runs: %" PRIu64 " batches acknowledged, %" PRIu64 " repetitions, %" PRIu64
           " refusals; %" PRIu64 " crashes; %" PRIu64 " transactions, %" PRIu64 " failed, %" PRIu64
           " of them written all the same; %" PRIu64 " claims taken over; %" PRIu64
           " webhook attempts, %" PRIu64 " failed\n",
           sum->runs, sum->acknowledged, sum->repeated, sum->refused, sum->crashes, sum->transactions,
           sum->failed, sum->unknown, sum->takeovers, sum->attempts, sum->attempts_failed);
}

/* A process that is running a seed. */
struct lane {
    pid_t pid; /* 0: none */
    uint64_t seed;
};

/* A child says what happened through memory that it shares. */
static void begin(struct lane *lane, uint64_t seed, struct tally *ret)
{
    *lane = (struct lane){fork(), seed};
    must(lane->pid >= 0);
    if (lane->pid) return;
    must(freopen("/dev/null", "w", stderr) != NULL);
    run(seed);
    *ret = tally_of_run();
    _exit(0);
}

/* Waits for one; false: it failed. */
static bool end_one(struct lane *lanes, const struct tally *results, struct tally *sum)
{
    int status;
    pid_t pid = wait(&status);
    must(pid > 0);
    for (uint32_t i = 0; i < LANES; i++) {
        if (lanes[i].pid != pid) continue;
        lanes[i].pid = 0;
        tally_add(sum, &results[i]);
        if (status == 0) return true;
        printf("seed %" PRIu64 " fails: run it alone to see why\n", lanes[i].seed);
    }
    return false;
}

static bool run_all(uint64_t first, uint64_t last, struct tally *sum)
{
    struct lane lanes[LANES] = {0};
    uint32_t running = 0;
    bool is_good = true;
    struct tally *results =
        mmap(NULL, LANES * sizeof *results, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(results != MAP_FAILED);
    for (uint64_t seed = first; is_good && seed <= last; seed++) {
        uint32_t i = 0;
        if (running == LANES) is_good = end_one(lanes, results, sum);
        running -= running == LANES;
        while (lanes[i].pid) i++;
        if (is_good) begin(&lanes[i], seed, &results[i]);
        running += is_good;
    }
    while (running--) is_good &= end_one(lanes, results, sum);
    return is_good;
}

/* Runs that saw no trouble prove nothing. */
static bool has_teeth(const struct tally *sum)
{
    return sum->acknowledged >= 4 * sum->runs && sum->crashes >= sum->runs && sum->failed >= sum->runs &&
           sum->unknown >= sum->runs / 20 && sum->takeovers >= sum->runs &&
           sum->attempts_failed >= sum->runs / 2;
}

static int many(uint64_t first, uint64_t last)
{
    struct tally sum = {0};
    if (!run_all(first, last, &sum)) return 1;
    tally_print(&sum);
    if (has_teeth(&sum)) return 0;
    printf("too little happened for a verdict\n");
    return 1;
}

static int one(uint64_t seed)
{
    run(seed);
    struct tally tally = tally_of_run();
    tally_print(&tally);
    return 0;
}

/* The same addresses in every process: ISA-L's output depends on them (results/piece.h), and chance on its
 * length. Where this is forbidden, about one run in a thousand cannot be repeated. */
static void fix_addresses(char **argv)
{
    int now = personality(UINT32_MAX);
    if (now == -1 || now & ADDR_NO_RANDOMIZE) return;
    if (personality((unsigned long)now | ADDR_NO_RANDOMIZE) != -1) execv("/proc/self/exe", argv);
}

int main(int argc, char **argv)
{
    uint64_t first, last;
    fix_addresses(argv);
    if (argc == 2 && str_to_u64(str_of_cstr(argv[1]), UINT64_MAX, &first) == OK) return one(first);
    if (argc == 3 && str_to_u64(str_of_cstr(argv[1]), UINT64_MAX, &first) == OK &&
        str_to_u64(str_of_cstr(argv[2]), UINT64_MAX - 1, &last) == OK) {
        return many(first, last);
    }
    fprintf(stderr, "usage: sim SEED | sim FIRST LAST\n");
    return 2;
}
