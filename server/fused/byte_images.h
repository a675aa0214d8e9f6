#ifndef TRAIND_SERVER_FUSED_BYTE_IMAGES_H_
#define TRAIND_SERVER_FUSED_BYTE_IMAGES_H_

#include <cstdint>

namespace traind {

inline constexpr int kByteValues = 256;

// Pictures of bytes where they lie, each at a place of its own, and what a network sees of
// a byte: a batch of a dataset without a copy of it, whose normalisation is looked up. A
// picture may be a window of a larger one, as strides are given. Views; all null: none.
struct ByteImages {
  const uint8_t* const* first = nullptr;  // of each picture its first pixel
  int64_t channel_stride = 0;             // bytes
  int64_t row_stride = 0;                 // bytes
  const float* values = nullptr;          // [C, kByteValues]
};

}  // namespace traind

#endif  // TRAIND_SERVER_FUSED_BYTE_IMAGES_H_
