#ifndef TRAIND_SERVER_RUNS_FINGERPRINT_H_
#define TRAIND_SERVER_RUNS_FINGERPRINT_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace traind {

// 64-bit FNV-1a (Fowler, Noll, Vo), the same on every server. Tells accidents
// apart; no defence against forgery.
constexpr uint64_t Fingerprint(absl::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return hash;
}

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_FINGERPRINT_H_
