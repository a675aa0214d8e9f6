#include "server/kernels/amx_support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "server/kernels/conv_bf16.h"
#include "server/kernels/elementwise.h"

namespace traind {
namespace {

using testing::HasSubstr;

// Intel's manual: OSXSAVE is bit 27 of leaf 1's ECX, AMX-BF16 and AMX-TILE are bits 22 and 24 of
// leaf 7's EDX, the tiles' configuration and data bits 17 and 18 of XCR0.
constexpr AmxProcessor kAble = {0x08000000, 0x01400000, 0x60007};

TEST(CheckAmxProcessorTest, TakesAProcessorThatHasAndSavesTiles) {
  EXPECT_TRUE(CheckAmxProcessor(kAble).ok());
}

TEST(CheckAmxProcessorTest, NeedsTilesAndTheirProductsOfBf16) {
  for (const uint32_t features : {0x00000000U, 0x00400000U, 0x01000000U}) {
    AmxProcessor processor = kAble;
    processor.leaf_7_edx = features;
    EXPECT_EQ(CheckAmxProcessor(processor).code(), absl::StatusCode::kUnimplemented) << features;
  }
}

TEST(CheckAmxProcessorTest, NeedsAnOperatingSystemThatSavesBothStates) {
  for (const uint64_t saved : {0x00007U, 0x20007U, 0x40007U}) {
    AmxProcessor processor = kAble;
    processor.saved_state = saved;
    const absl::Status status = CheckAmxProcessor(processor);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << saved;
    EXPECT_THAT(std::string(status.message()), HasSubstr("Linux 5.16"));
  }
  AmxProcessor processor = kAble;
  processor.leaf_1_ecx = 0;
  EXPECT_EQ(CheckAmxProcessor(processor).code(), absl::StatusCode::kFailedPrecondition);
}

TEST(CheckTilePermissionTest, TellsWhatLinuxAnswered) {
  EXPECT_TRUE(CheckTilePermission(0).ok());
  const absl::Status refused = CheckTilePermission(EPERM);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("Operation not permitted"));
}

TEST(AmxBf16StatusTest, DecidesWhetherThePathIsOffered) {
  const bool offered = AmxBf16Status().ok() && FindBf16ConvKernels("avx512bf16") != nullptr;
  EXPECT_EQ(FindBf16ConvKernels("amxbf16") != nullptr, offered);
  if (offered) {
    EXPECT_STREQ(BestBf16ConvKernels().name, "amxbf16");
  }
}

TEST(AmxBf16StatusTest, HasElementwiseFunctionsBesideIt) {
  EXPECT_EQ(FindBf16ElementwiseKernels("amxbf16"), FindBf16ElementwiseKernels("avx512bf16"));
}

}  // namespace
}  // namespace traind
