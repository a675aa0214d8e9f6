#ifndef TRAIND_CLIENT_PUSH_SOURCE_H_
#define TRAIND_CLIENT_PUSH_SOURCE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace traind {

// What a push sends at once: small enough for a progress line that moves, large enough to fill a
// network.
inline constexpr int64_t kPushPieceBytes = 1 << 20;

// The bytes of a push: of all its files, one after another. Used by one thread.
class PushSource {
 public:
  virtual ~PushSource() = default;

  // At least one byte from `offset` on, at most `bytes_max`. Asked only for bytes that
  // there are; the same ones may be asked for again.
  virtual absl::StatusOr<std::string> Read(int64_t offset, int64_t bytes_max) = 0;

  // Told how far the push has come. When all is sent, the server begins to read it.
  virtual void OnProgress(int64_t sent_bytes, int64_t total_bytes) {}
};

}  // namespace traind

#endif  // TRAIND_CLIENT_PUSH_SOURCE_H_
