/* `enrichd privacy`: suppression, access, erasure; everything that persons may ask of an operator. */
#ifndef ENRICHD_CMD_PRIVACY_H
#define ENRICHD_CMD_PRIVACY_H

int cmd_privacy(int argc, char **argv);

#endif
