/* The syntax of webhook URLs. Where they may lead, hooks/target.h says. Pure code. */
#ifndef ENRICHD_API_WEBHOOK_URL_H
#define ENRICHD_API_WEBHOOK_URL_H

#include "base/str.h"

#define WEBHOOK_URL_BYTES_MAX ((size_t)2048)

/* What is wrong with the URL, as the end of a sentence that begins with its key; NULL if nothing is. */
const char *webhook_url_complaint(str url);

#endif
