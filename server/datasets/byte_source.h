#ifndef TRAIND_SERVER_DATASETS_BYTE_SOURCE_H_
#define TRAIND_SERVER_DATASETS_BYTE_SOURCE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace traind {

// The bytes of a file in order, unpacked when it is gzipped. Not thread-safe.
class ByteSource {
 public:
  // Opens a regular file and tells gzip from raw by its first two bytes.
  // NOT_FOUND when there is none; PERMISSION_DENIED when it may not be read;
  // DATA_LOSS when it is no regular file.
  static absl::StatusOr<std::unique_ptr<ByteSource>> Open(const std::string& path);

  virtual ~ByteSource() = default;

  // Fills `target` from its start and returns how many bytes there were: fewer
  // than asked for only at the end. DATA_LOSS for damaged gzip or a failed read.
  virtual absl::StatusOr<size_t> Read(absl::Span<uint8_t> target) = 0;

  // Goes to the end and returns how many bytes lay before it. Cheap for a raw
  // file, whose size is known; a gzipped one is unpacked to count them.
  virtual absl::StatusOr<int64_t> SkipToEnd() = 0;

  // No more than this many bytes can come out of the whole file. It is known
  // without reading, and so a guard against a header that promises too much.
  virtual int64_t bytes_max() const = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_BYTE_SOURCE_H_
