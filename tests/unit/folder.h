/* A folder of its own for a test, and what lies in one. */
#ifndef ENRICHD_TESTS_FOLDER_H
#define ENRICHD_TESTS_FOLDER_H

#include "base/str.h"

#define FOLDER_PATH_MAX 256

/* Makes an empty folder; path receives its name. */
void folder_make(char path[FOLDER_PATH_MAX]);

/* Removes it with all that is in it. */
void folder_remove(const char *path_cstr);

/* Files below it whose names start with prefix. */
size_t folder_count(const char *path_cstr, const char *prefix_cstr);

#endif
