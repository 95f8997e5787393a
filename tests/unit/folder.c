/* Temporary folders. */
#include "folder.h"

#include <ftw.h>
#include <unistd.h>

static const char *wanted_prefix; /* nftw has no context argument */
static size_t found;

void folder_make(char path[FOLDER_PATH_MAX])
{
    const char *tmp = getenv("TMPDIR");
    int n = snprintf(path, FOLDER_PATH_MAX, "%s/enrichd-test-XXXXXX", tmp ? tmp : "/tmp");
    must(n > 0 && n < FOLDER_PATH_MAX);
    must(mkdtemp(path));
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

void folder_remove(const char *path_cstr)
{
    must(nftw(path_cstr, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0);
}

static int count_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    if (type == FTW_F && str_starts(str_of_cstr(path + where->base), str_of_cstr(wanted_prefix))) found++;
    return 0;
}

size_t folder_count(const char *path_cstr, const char *prefix_cstr)
{
    wanted_prefix = prefix_cstr;
    found = 0;
    must(nftw(path_cstr, count_entry, 16, FTW_PHYS) == 0);
    return found;
}
