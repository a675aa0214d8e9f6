#ifndef TRAIND_TESTS_KERNELS_REFERENCE_CONV_H_
#define TRAIND_TESTS_KERNELS_REFERENCE_CONV_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "server/kernels/conv.h"

namespace traind {

// A number as arithmetic without rounding gives it, and the sum of its terms' magnitudes, by which
// float arithmetic may err.
struct Exact {
  double value = 0;
  double magnitude = 0;

  void Add(double term);
};

// The layers of a small network and what is hard about tiles.
std::vector<ConvShape> ConvTestShapes();
std::string Name(const ConvShape& shape);

// The definition of a convolution, term by term in double; nothing is fast or blocked here.
std::vector<Exact> ReferenceForward(const ConvShape& shape, const std::vector<float>& x,
                                    const std::vector<float>& weights);
// dy without gaps.
std::vector<Exact> ReferenceWeightGradient(const ConvShape& shape, const std::vector<float>& x,
                                           const std::vector<float>& dy);

int64_t InCount(const ConvShape& shape);
int64_t OutCount(const ConvShape& shape);
int64_t WeightCount(const ConvShape& shape);

// Numbers in [-1, 1).
std::vector<float> RandomFloats(int64_t count, std::mt19937& random);

}  // namespace traind

#endif  // TRAIND_TESTS_KERNELS_REFERENCE_CONV_H_
