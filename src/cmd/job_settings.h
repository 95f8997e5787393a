/* What a configuration says about jobs, for those who run them. */
#ifndef ENRICHD_CMD_JOB_SETTINGS_H
#define ENRICHD_CMD_JOB_SETTINGS_H

#include "base/conf.h"
#include "jobs/jobs.h"
#include "store/control_sqlite.h"

struct jobs_settings job_settings_of(const struct conf *conf); /* without suppression and on_final */
struct control_sqlite_settings control_settings_of(const struct conf *conf);

#endif
