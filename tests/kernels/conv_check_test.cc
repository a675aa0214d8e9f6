#include "server/kernels/conv_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace traind {
namespace {

using testing::HasSubstr;

// Paths that are right but for one number.
const Bf16ConvKernels& Right() { return *FindBf16ConvKernels("portable"); }

void WrongFloat(const ConvShape& shape, const Bf16* x, const Bf16* weights,
                const Bf16ConvEpilogue& epilogue, float* y, int64_t y_row_stride) {
  Right().forward_to_float(shape, x, weights, epilogue, y, y_row_stride);
  y[17] += 0.01F;
}

void NotANumber(const ConvShape& shape, const Bf16* x, const Bf16* weights,
                const Bf16ConvEpilogue& epilogue, float* y, int64_t y_row_stride) {
  Right().forward_to_float(shape, x, weights, epilogue, y, y_row_stride);
  y[0] = NAN;
}

void WrongRounded(const ConvShape& shape, const Bf16* x, const Bf16* weights,
                  const Bf16ConvEpilogue& epilogue, Bf16* y, int64_t y_row_stride) {
  Right().forward(shape, x, weights, epilogue, y, y_row_stride);
  y[3] = 0x4300;  // 128, more than any sum
}

void WrongSum(const ConvShape& shape, const Bf16* x, const Bf16* weights,
              const Bf16ConvEpilogue& epilogue, Bf16* y, int64_t y_row_stride) {
  Right().forward(shape, x, weights, epilogue, y, y_row_stride);
  epilogue.product_sum[2] = epilogue.product_sum[2] * 1.1F + 1;
}

void WrongGradient(const ConvShape& shape, const Bf16* x, const Bf16* dy, int64_t dy_row_stride,
                   Bf16* scratch, float* dw) {
  Right().weight_gradient(shape, x, dy, dy_row_stride, scratch, dw);
  dw[5] += 0.01F;
}

void ExpectRefused(const Bf16ConvKernels& kernels, const char* what) {
  const absl::Status status = CheckAgainstPortable(kernels);
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), HasSubstr(what));
}

TEST(CheckAgainstPortableTest, TakesEveryPathThatThisProcessorHas) {
  for (const char* name : {"portable", "avx512bf16"}) {
    const Bf16ConvKernels* const kernels = FindBf16ConvKernels(name);
    if (kernels == nullptr) continue;
    EXPECT_TRUE(CheckAgainstPortable(*kernels).ok()) << CheckAgainstPortable(*kernels);
  }
}

TEST(CheckAgainstPortableTest, FindsAWrongNumberOfEachFunction) {
  ExpectRefused({"wrong", Right().forward, &WrongFloat, Right().weight_gradient},
                "kernels wrong, forward to floats: expected ");
  ExpectRefused({"wrong", &WrongRounded, Right().forward_to_float, Right().weight_gradient},
                "kernels wrong, forward: expected ");
  ExpectRefused({"wrong", &WrongSum, Right().forward_to_float, Right().weight_gradient},
                "kernels wrong, sums: expected ");
  ExpectRefused({"wrong", Right().forward, Right().forward_to_float, &WrongGradient},
                "kernels wrong, weight gradient: expected ");
}

TEST(CheckAgainstPortableTest, FindsWhatIsNotANumber) {
  ExpectRefused({"wrong", Right().forward, &NotANumber, Right().weight_gradient}, "got nan");
}

}  // namespace
}  // namespace traind
