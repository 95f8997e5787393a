/* Calls of api/ without a server: a control store that knows keys and nothing else, and no jobs. */
#ifndef ENRICHD_TESTS_API_HELP_H
#define ENRICHD_TESTS_API_HELP_H

#include "unit.h"

#include "api/api.h"

/* What the fake store finds for every id; key_error is returned instead if it is not OK. */
struct fake_keys {
    struct control control; /* first, so that the store is the fake */
    struct api_key key;
    enum err key_error;
};

struct api_world {
    struct api api;
    struct fake_keys keys;
    char text[TOKEN_TEXT_BYTES]; /* the valid key */
    struct api_call call;        /* the latest */
    struct api_header headers[8];
    char authorization[80];
};

/* Default limits, one valid key of account 7. */
void api_world_init(struct api_world *world);
void api_world_fini(struct api_world *world);

/* Begins a call. headers: name, value, ... ended by NULL. Ends the call before. */
void api_begin(struct api_world *world, const char *method, const char *target, const char *const *headers);

/* Begins and handles POST /batch/person/enrich with key and version. */
void api_submit(struct api_world *world, str body);

/* The answer's header, p NULL if there is none; how often it stands there. */
str api_answer_header(const struct api_world *world, const char *name);
size_t api_answer_header_count(const struct api_world *world, const char *name);

/* Fails unless the answer is an error of this status whose body holds the text. */
void api_expect_error(const struct api_world *world, unsigned status, const char *text);

#endif
