/* enrichd compact: merges the segments of records. */
#ifndef ENRICHD_CMD_COMPACT_H
#define ENRICHD_CMD_COMPACT_H

int cmd_compact(int argc, char **argv);

#endif
