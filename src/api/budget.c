/* The one message that may speak of credits. */
#include "api/budget.h"

#include "api/error.h"

void budget_refuse(struct api_call *call, uint64_t wanted)
{
    struct control *control = call->api->control;
    struct budget budget;
    char metadata[160];
    enum err e = control->ops->budget_get(control, call->key.token.id, &budget);
    if (e != OK) {
        api_fail(call, e, "reading a budget");
        return;
    }
    uint64_t daily = budget_room_of(budget.daily_max, budget.daily_used);
    uint64_t total = budget_room_of(budget.total_max, budget.total_used);
    bool is_daily = daily < total;
    uint64_t room = is_daily ? daily : total;
    uint64_t max = is_daily ? budget.daily_max : budget.total_max;
    const char *which = is_daily ? "daily" : "total";
    int n = snprintf(metadata, sizeof metadata,
                     "{\"budget\":\"%s\",\"limit\":%" PRIu64 ",\"remaining\":%" PRIu64
                     ",\"requested\":%" PRIu64 "}",
                     which, max, room, wanted);
    must(n > 0 && (size_t)n < sizeof metadata);
    api_refuse_with(call, API_INSUFFICIENT_CREDITS, str_of(metadata, (size_t)n),
                    "Insufficient credits: %" PRIu64 " of the key's %s %" PRIu64
                    " are left, and this needs %" PRIu64,
                    room, which, max, wanted);
}
