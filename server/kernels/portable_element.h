#ifndef TRAIND_SERVER_KERNELS_PORTABLE_ELEMENT_H_
#define TRAIND_SERVER_KERNELS_PORTABLE_ELEMENT_H_

#include "server/kernels/conv_bf16.h"

namespace traind {

// What the portable loops need to be the same for float and bf16. Not for the files of the vector
// paths: these functions are inline.
inline float ValueOf(float element) { return element; }
inline float ValueOf(Bf16 element) { return FloatOf(element); }

// Stores the value and gives it as it was stored.
inline float StoreAs(float value, float* to) { return *to = value; }
inline float StoreAs(float value, Bf16* to) {
  RoundToBf16(1, &value, to);
  return FloatOf(*to);
}

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_PORTABLE_ELEMENT_H_
