#include "server/kernels/philox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "server/kernels/elementwise.h"

namespace traind {
namespace {

using testing::ElementsAre;

std::vector<uint32_t> Words(const uint32_t (&key)[2], const uint32_t (&counter)[4]) {
  std::vector<uint32_t> words(4);
  Philox4x32(key, counter, words.data());
  return words;
}

// The lines "philox4x32 10" of Random123's file kat_vectors.
TEST(PhiloxTest, GivesTheKnownAnswers) {
  EXPECT_THAT(Words({0, 0}, {0, 0, 0, 0}),
              ElementsAre(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8));
  EXPECT_THAT(Words({0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}),
              ElementsAre(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
  EXPECT_THAT(Words({0xa4093822, 0x299f31d0}, {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}),
              ElementsAre(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1));
}

TEST(DropThresholdTest, IsTheShareOfAllNumbersOf16Bits) {
  EXPECT_EQ(DropThreshold(0), 0);
  EXPECT_EQ(DropThreshold(0.5), 32768);
  EXPECT_EQ(DropThreshold(0.05), 3277);  // 3276.8
  EXPECT_EQ(DropThreshold(0.9999999), 65535);
}

class DrawMaskTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    kernels_ = FindElementwiseKernels(GetParam());
    if (kernels_ == nullptr) GTEST_SKIP() << "this processor has no " << GetParam();
  }

  std::vector<uint8_t> Mask(double probability, int64_t count) {
    std::vector<uint8_t> bits(count / 8 + 1, 0xA5);
    const DropoutStream stream = {{0xa4093822, 0x299f31d0}, {0x85a308d3, 0x13198a2e, 0x03707344}};
    kernels_->draw_mask(stream, probability, count, bits.data());
    EXPECT_EQ(bits.back(), 0xA5) << "wrote behind the end";
    bits.pop_back();
    return bits;
  }

  const ElementwiseKernels* kernels_ = nullptr;
};

// Bit by bit from the generator itself, at lengths around the vectors' widths.
TEST_P(DrawMaskTest, KeepsTheElementsWhoseNumbersReachTheThreshold) {
  for (const int64_t count : {8, 56, 64, 72, 128, 136, 1936, 4096}) {
    for (const double probability : {0.0, 0.05, 0.5, 0.75}) {
      const std::vector<uint8_t> bits = Mask(probability, count);
      for (int64_t i = 0; i < count; ++i) {
        const std::vector<uint32_t> words =
            Words({0xa4093822, 0x299f31d0},
                  {static_cast<uint32_t>(i / 8), 0x85a308d3, 0x13198a2e, 0x03707344});
        const uint32_t word = words[i % 8 / 2];
        const uint32_t random = i % 2 == 0 ? word & 0xFFFF : word >> 16;
        ASSERT_EQ(bits[i / 8] >> (i % 8) & 1, random >= DropThreshold(probability) ? 1 : 0)
            << "element " << i << " of " << count;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Paths, DrawMaskTest, testing::Values("portable", "avx2", "avx512"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace traind
