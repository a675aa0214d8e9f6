#ifndef TRAIND_CLIENT_TENSORBOARD_CRC32C_H_
#define TRAIND_CLIENT_TENSORBOARD_CRC32C_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace traind {

// The CRC-32C of bytes (Castagnoli's polynomial, RFC 3720 appendix B.4), as files of
// records have it; not the CRC-32 of zlib.
uint32_t Crc32c(absl::string_view bytes);

}  // namespace traind

#endif  // TRAIND_CLIENT_TENSORBOARD_CRC32C_H_
