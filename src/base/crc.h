/* CRC-32 as gzip defines it (RFC 1952), by ISA-L. */
#ifndef ENRICHD_BASE_CRC_H
#define ENRICHD_BASE_CRC_H

#include "base/str.h"

/* Continues from crc; 0 at the start. */
uint32_t crc32_add(uint32_t crc, str bytes);

#endif
