#ifndef TRAIND_TESTS_KERNELS_ELEMENTWISE_FIXTURE_H_
#define TRAIND_TESTS_KERNELS_ELEMENTWISE_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <type_traits>
#include <vector>

#include "server/kernels/elementwise.h"

namespace traind {

// Of float arithmetic on numbers near 1.
inline constexpr double kTolerance = 1e-5;
inline constexpr float kUntouched = -77;

inline float ToFloat(float element) { return element; }
inline float ToFloat(Bf16 element) { return FloatOf(element); }

template <class Element>
Element ToElement(float value) {
  if constexpr (std::is_same_v<Element, Bf16>) {
    Bf16 rounded;
    RoundToBf16(1, &value, &rounded);
    return rounded;
  } else {
    return value;
  }
}

// The paths, and what their planes are of.
struct PortableFloat {
  using Element = float;
  static const auto* Find() { return FindElementwiseKernels("portable"); }
};
struct Avx2Float {
  using Element = float;
  static const auto* Find() { return FindElementwiseKernels("avx2"); }
};
struct Avx512Float {
  using Element = float;
  static const auto* Find() { return FindElementwiseKernels("avx512"); }
};
struct PortableBf16 {
  using Element = Bf16;
  static const auto* Find() { return FindBf16ElementwiseKernels("portable"); }
};
struct Avx512Bf16 {
  using Element = Bf16;
  static const auto* Find() { return FindBf16ElementwiseKernels("avx512bf16"); }
};

inline const PlaneShape kShapes[] = {{9, 9, 16}, {1, 1, 64}, {5, 12, 48}, {24, 22, 32}};

// A plane with a border behind each row.
template <class Element>
struct BorderedOf {
  BorderedOf(const PlaneShape& shape, float value)
      : row_stride(int64_t{shape.width} * shape.channels + 16),
        storage(row_stride * shape.height, ToElement<Element>(value)) {}

  float At(const PlaneShape& shape, int row, int column, int channel) const {
    return ToFloat(storage[row * row_stride + int64_t{column} * shape.channels + channel]);
  }
  void Set(const PlaneShape& shape, int row, int column, int channel, float value) {
    storage[row * row_stride + int64_t{column} * shape.channels + channel] =
        ToElement<Element>(value);
  }
  ConstPlaneOf<Element> in() const { return {storage.data(), row_stride}; }
  PlaneOf<Element> out() { return {storage.data(), row_stride}; }

  int64_t row_stride;
  std::vector<Element> storage;
};

// Tests of one path, on planes with borders.
template <class Path>
class ElementwiseTest : public testing::Test {
 protected:
  using Element = typename Path::Element;
  using Bordered = BorderedOf<Element>;

  void SetUp() override {
    kernels_ = Path::Find();
    if (kernels_ == nullptr) GTEST_SKIP() << "this processor has no such path";
  }

  float Random() { return static_cast<float>(static_cast<double>(random_()) / 2147483648.0 - 1); }

  std::vector<float> Channels(const PlaneShape& shape) {
    std::vector<float> numbers(shape.channels);
    for (float& number : numbers) number = Random();
    return numbers;
  }

  // Multiples of 1/8, so that some are equal and some 0.
  Bordered RandomPlane(const PlaneShape& shape) {
    Bordered plane(shape, std::nanf(""));
    ForEach(shape, [&](int row, int column, int c) {
      plane.Set(shape, row, column, c, std::round(Random() * 8) / 8);
    });
    return plane;
  }

  std::vector<uint8_t> RandomBits(const PlaneShape& shape) {
    std::vector<uint8_t> bits(int64_t{shape.height} * shape.width * shape.channels / 8);
    for (uint8_t& byte : bits) byte = static_cast<uint8_t>(random_());
    return bits;
  }

  static bool Bit(const std::vector<uint8_t>& bits, const PlaneShape& shape, int row, int column,
                  int c) {
    const int element = (row * shape.width + column) * shape.channels + c;
    return (bits[element / 8] >> (element % 8) & 1) != 0;
  }

  template <typename Visit>
  static void ForEach(const PlaneShape& shape, Visit visit) {
    for (int row = 0; row < shape.height; ++row) {
      for (int column = 0; column < shape.width; ++column) {
        for (int c = 0; c < shape.channels; ++c) visit(row, column, c);
      }
    }
  }

  static void ExpectBorderUntouched(const PlaneShape& shape, const Bordered& plane) {
    for (size_t i = 0; i < plane.storage.size(); ++i) {
      if (static_cast<int64_t>(i) % plane.row_stride < shape.width * shape.channels) continue;
      ASSERT_EQ(ToFloat(plane.storage[i]), kUntouched);
    }
  }

  // A stored number is near `exact`: bf16 has 8 bits.
  static void ExpectStored(float stored, double exact) {
    const double rounding = std::is_same_v<Element, Bf16> ? std::abs(exact) / 256 : 0;
    ASSERT_NEAR(stored, exact, kTolerance + rounding);
  }

  static void ExpectSums(const std::vector<double>& exact, const std::vector<float>& sums) {
    for (size_t c = 0; c < exact.size(); ++c)
      ASSERT_NEAR(sums[c], exact[c], 1e-3 + 1e-5 * std::abs(exact[c])) << c;
  }

  const ElementwiseKernelsOf<Element>* kernels_ = nullptr;
  std::mt19937 random_{11};
};

using ElementwisePaths =
    testing::Types<PortableFloat, Avx2Float, Avx512Float, PortableBf16, Avx512Bf16>;

}  // namespace traind

#endif  // TRAIND_TESTS_KERNELS_ELEMENTWISE_FIXTURE_H_
