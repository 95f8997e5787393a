/* A flag that a signal handler sets. */
#include "cmd/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include "base/os.h"

static volatile sig_atomic_t has_come;
static volatile sig_atomic_t empty_fd = -1; /* what takes the place of standard input; -1: nothing */

static void interrupt(int number)
{
    (void)number;
    has_come = 1;
    if (empty_fd >= 0) (void)dup2(empty_fd, STDIN_FILENO);
}

void interrupt_catch(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        must(sigaction(numbers[i], &action, NULL) == 0);
}

enum err interrupt_ends_stdin(void)
{
    struct os_file null;
    if (empty_fd >= 0) return OK;
    TRY(os_open_read("/dev/null", &null));
    empty_fd = null.fd;
    return OK;
}

bool interrupt_has_come(void)
{
    return has_come;
}
