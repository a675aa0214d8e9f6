#ifndef TRAIND_SERVER_FUSED_ELEMENT_H_
#define TRAIND_SERVER_FUSED_ELEMENT_H_

#include <cstdint>
#include <cstring>

#include "server/kernels/conv_bf16.h"

namespace traind {

// What activations and their gradients are kept in: float or Bf16. Weights, sums and
// gradients of weights are floats in either case.

inline float ToFloat(float value) { return value; }
inline float ToFloat(Bf16 value) {
  const uint32_t bits = uint32_t{value} << 16;
  float result;
  std::memcpy(&result, &bits, sizeof(result));
  return result;
}

// Rounds as RoundToBf16.
template <class Element>
Element FromFloat(float value);
template <>
inline float FromFloat<float>(float value) {
  return value;
}
template <>
inline Bf16 FromFloat<Bf16>(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  if (value != value) return static_cast<Bf16>(bits >> 16 | 0x40);
  return static_cast<Bf16>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

}  // namespace traind

#endif  // TRAIND_SERVER_FUSED_ELEMENT_H_
