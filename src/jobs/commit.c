/* The commit thread and its queue. */
#include "jobs/commit.h"

#include "base/os.h"

#define GROUP_MAX 256 /* writes a transaction: bounds its memory and the time that the first one waits */

static bool is_of_client(const struct control_write *write)
{
    return write->kind == WRITE_SUBMIT || write->kind == WRITE_CANCEL || write->kind == WRITE_ERASE ||
           write->kind == WRITE_REDELIVER || write->kind == WRITE_REVOKE_LINKS || write->kind == WRITE_CHARGE;
}

static void forget_clients(struct commit *commit, struct control_write *const *writes, size_t count)
{
    pthread_mutex_lock(&commit->lock);
    for (size_t i = 0; i < count; i++) commit->client_count -= is_of_client(writes[i]);
    pthread_mutex_unlock(&commit->lock);
}

static void *run(void *context)
{
    struct commit *commit = context;
    struct control_write *writes[GROUP_MAX];
    size_t count;
    os_name_thread("commit");
    while ((count = queue_take(&commit->queue, (void **)writes, GROUP_MAX)) > 0) {
        forget_clients(commit, writes, count);
        commit->control->ops->apply(commit->control, writes, count);
        for (size_t i = 0; i < count; i++) writes[i]->done(writes[i]);
    }
    return NULL;
}

enum err commit_start(struct commit *commit, struct control *control, uint32_t client_max, uint32_t own_max)
{
    *commit = (struct commit){.control = control, .client_max = client_max};
    TRY(queue_init(&commit->queue, (size_t)client_max + own_max));
    must(pthread_mutex_init(&commit->lock, NULL) == 0);
    if (pthread_create(&commit->thread, NULL, run, commit) == 0) return OK;
    pthread_mutex_destroy(&commit->lock);
    queue_fini(&commit->queue);
    return err_raise(ERR_IO, "cannot start the commit thread");
}

void commit_stop(struct commit *commit)
{
    queue_close(&commit->queue);
    must(pthread_join(commit->thread, NULL) == 0);
    pthread_mutex_destroy(&commit->lock);
    queue_fini(&commit->queue);
}

enum err commit_put(struct commit *commit, struct control_write *write)
{
    enum err e = ERR_BUSY;
    pthread_mutex_lock(&commit->lock);
    if (commit->client_count < commit->client_max) e = queue_put(&commit->queue, write);
    if (e == OK) commit->client_count++;
    pthread_mutex_unlock(&commit->lock);
    return e;
}

enum err commit_put_own(struct commit *commit, struct control_write *write)
{
    return queue_put(&commit->queue, write);
}

/* What commit_wait_all waits on. */
struct waiter {
    pthread_mutex_t lock; /* guards missing */
    pthread_cond_t done;
    size_t missing;
};

static void wake(struct control_write *write)
{
    struct waiter *waiter = write->context;
    pthread_mutex_lock(&waiter->lock);
    waiter->missing--;
    pthread_cond_signal(&waiter->done);
    pthread_mutex_unlock(&waiter->lock);
}

static enum err put(struct commit *commit, struct control_write *write)
{
    return is_of_client(write) ? commit_put(commit, write) : commit_put_own(commit, write);
}

void commit_wait_all(struct commit *commit, struct control_write *writes, size_t count)
{
    struct waiter waiter = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, count};
    for (size_t i = 0; i < count; i++) {
        writes[i].done = wake;
        writes[i].context = &waiter;
        enum err e = put(commit, &writes[i]);
        if (e == OK) continue;
        writes[i].result = e;
        wake(&writes[i]);
    }
    pthread_mutex_lock(&waiter.lock);
    while (waiter.missing) pthread_cond_wait(&waiter.done, &waiter.lock);
    pthread_mutex_unlock(&waiter.lock);
}

enum err commit_wait(struct commit *commit, struct control_write *write)
{
    commit_wait_all(commit, write, 1);
    return write->result;
}
