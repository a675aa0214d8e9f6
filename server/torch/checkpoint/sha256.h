#ifndef TRAIND_SERVER_TORCH_CHECKPOINT_SHA256_H_
#define TRAIND_SERVER_TORCH_CHECKPOINT_SHA256_H_

#include <string>

#include "absl/strings/string_view.h"

namespace traind {

// SHA-256 (FIPS 180-4) of the bytes as 64 lower-case hexadecimal digits.
std::string Sha256Hex(absl::string_view bytes);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_CHECKPOINT_SHA256_H_
