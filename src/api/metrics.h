/* GET /metrics: the server's numbers in the Prometheus text format, version 0.0.4.
 *
 * Labels are of small fixed sets: route patterns, status codes, outcomes. Never an account, a key, a batch or
 * anything that a client wrote.
 */
#ifndef ENRICHD_API_METRICS_H
#define ENRICHD_API_METRICS_H

#include "api/api.h"

/* What the HTTP side counts. */
struct api_metrics;

enum err api_metrics_new(struct api_metrics **ret) MUST_USE;
void api_metrics_free(struct api_metrics *metrics); /* accepts NULL */

/* The call is answered, and over. */
void api_metrics_count(struct api_metrics *metrics, const struct api_call *call);

enum api_progress metrics_get(struct api_call *call);

#endif
