/* CRC-32 by ISA-L. */
#include "base/crc.h"

#include <isa-l/crc.h>

uint32_t crc32_add(uint32_t crc, str bytes)
{
    return crc32_gzip_refl(crc, (const unsigned char *)(bytes.n ? bytes.p : ""), bytes.n);
}
