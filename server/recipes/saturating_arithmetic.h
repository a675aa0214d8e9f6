#ifndef TRAIND_SERVER_RECIPES_SATURATING_ARITHMETIC_H_
#define TRAIND_SERVER_RECIPES_SATURATING_ARITHMETIC_H_

#include <cstdint>
#include <limits>

namespace traind {

// Sums and products of non-negative counts that stop at the largest int64
// instead of overflowing, so that a comparison with a limit stays right.
inline int64_t SaturatingAdd(int64_t a, int64_t b) {
  int64_t sum;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<int64_t>::max() : sum;
}

inline int64_t SaturatingMultiply(int64_t a, int64_t b) {
  int64_t product;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<int64_t>::max() : product;
}

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_SATURATING_ARITHMETIC_H_
