#include "server/oip/tensor_bytes.h"

#include <limits>
#include <vector>

#include "gtest/gtest.h"
#include "tests/oip/oip_fixture.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using inference::InferTensorContents;

constexpr int64_t kInt64Max = std::numeric_limits<int64_t>::max();

absl::StatusOr<int64_t> Count(const char* datatype, const std::vector<int64_t>& shape) {
  return CountElements(*FindOipDatatype(datatype), shape);
}

absl::Status Check(const char* datatype, int64_t count, absl::string_view bytes) {
  return CheckTensorBytes(*FindOipDatatype(datatype), count, bytes);
}

absl::StatusOr<std::string> Pack(const char* datatype, int64_t count,
                                 const InferTensorContents& contents) {
  return PackContents(*FindOipDatatype(datatype), count, contents);
}

TEST(CountElementsTest, IsTheProductOfTheSizes) {
  EXPECT_EQ(*Count("FP32", {2, 3, 4}), 24);
  EXPECT_EQ(*Count("FP32", {}), 1);
  EXPECT_EQ(*Count("FP32", {5, 0}), 0);
}

TEST(CountElementsTest, HugeSizesBesideAZeroAreNoElements) {
  EXPECT_EQ(*Count("FP32", {kInt64Max, kInt64Max, 0}), 0);
}

TEST(CountElementsTest, WhatOverflowsInBytesIsRefused) {
  EXPECT_EQ(*Count("INT8", {kInt64Max}), kInt64Max);
  EXPECT_THAT(Count("FP64", {kInt64Max / 8 + 1}), IsInvalid("elements, got more"));
  EXPECT_THAT(Count("INT8", {int64_t{1} << 32, int64_t{1} << 32}), IsInvalid("got more"));
  // 2^62 * 4 wraps around to 0.
  EXPECT_THAT(Count("INT8", {int64_t{1} << 62, 4}), IsInvalid("got more"));
}

TEST(CountElementsTest, NegativeSizesAreRefusedWhereverTheyStand) {
  EXPECT_THAT(Count("FP32", {0, -1}), IsInvalid("expected sizes of 0 or more, got -1"));
  EXPECT_THAT(Count("FP32", {kInt64Max, kInt64Max, -2}), IsInvalid("got -2"));
}

TEST(CheckTensorBytesTest, ElementsHaveTheProtocolsSizes) {
  EXPECT_OK(Check("BOOL", 3, "abc"));
  EXPECT_OK(Check("BF16", 2, "abcd"));
  EXPECT_OK(Check("FP32", 2, "abcdefgh"));
  EXPECT_OK(Check("UINT64", 1, "abcdefgh"));
  EXPECT_THAT(Check("FP16", 2, "abc"), IsInvalid("expected 4 bytes, got 3"));
}

TEST(CheckTensorBytesTest, ElementsOfBytesTellTheirLength) {
  EXPECT_OK(Check("BYTES", 2, Bytes("\x02\0\0\0hi\0\0\0\0")));
  EXPECT_OK(Check("BYTES", 0, ""));
}

TEST(CheckTensorBytesTest, LengthsThatDoNotFitAreRefused) {
  EXPECT_THAT(Check("BYTES", 1, Bytes("\x03\0\0\0hi")),
              IsInvalid("element 0 of BYTES: expected 3 bytes, as its length says, got 2"));
  EXPECT_THAT(Check("BYTES", 1, Bytes("\xff\xff\xff\xffhi")), IsInvalid("expected 4294967295"));
  EXPECT_THAT(Check("BYTES", 2, Bytes("\x02\0\0\0hi\0\0")),
              IsInvalid("expected 2 elements of BYTES, got bytes for 1 and 2 bytes of the next"));
  EXPECT_THAT(Check("BYTES", kInt64Max, ""), IsInvalid("got bytes for 0"));
  EXPECT_THAT(Check("BYTES", 1, Bytes("\x02\0\0\0hi!")),
              IsInvalid("expected 6 bytes for 1 elements of BYTES, got 7"));
}

TEST(PackContentsTest, ElementsBecomeLittleEndianBytes) {
  InferTensorContents contents;
  contents.add_int64_contents(-2);
  EXPECT_EQ(*Pack("INT64", 1, contents), "\xfe\xff\xff\xff\xff\xff\xff\xff");
  contents.Clear();
  contents.add_fp32_contents(1.5f);  // 0x3fc00000
  EXPECT_EQ(*Pack("FP32", 1, contents), Bytes("\0\0\xc0\x3f"));
  contents.Clear();
  contents.add_fp64_contents(-2);  // 0xc000000000000000
  EXPECT_EQ(*Pack("FP64", 1, contents), Bytes("\0\0\0\0\0\0\0\xc0"));
  contents.Clear();
  contents.add_bool_contents(true);
  contents.add_bool_contents(false);
  EXPECT_EQ(*Pack("BOOL", 2, contents), Bytes("\x01\0"));
  contents.Clear();
  contents.add_uint64_contents(258);
  EXPECT_EQ(*Pack("UINT64", 1, contents), Bytes("\x02\x01\0\0\0\0\0\0"));
  contents.Clear();
  contents.add_bytes_contents("hi");
  contents.add_bytes_contents("");
  EXPECT_EQ(*Pack("BYTES", 2, contents), Bytes("\x02\0\0\0hi\0\0\0\0"));
}

TEST(PackContentsTest, SmallIntegersTakeTheirOwnBytes) {
  InferTensorContents contents;
  for (int value : {-128, 127}) contents.add_int_contents(value);
  EXPECT_EQ(*Pack("INT8", 2, contents), "\x80\x7f");
  EXPECT_EQ(*Pack("INT16", 2, contents), Bytes("\x80\xff\x7f\0"));
  EXPECT_EQ(*Pack("INT32", 2, contents), Bytes("\x80\xff\xff\xff\x7f\0\0\0"));
  contents.Clear();
  contents.add_uint_contents(200);
  EXPECT_EQ(*Pack("UINT8", 1, contents), "\xc8");
  EXPECT_EQ(*Pack("UINT16", 1, contents), Bytes("\xc8\0"));
  EXPECT_EQ(*Pack("UINT32", 1, contents), Bytes("\xc8\0\0\0"));
}

TEST(PackContentsTest, IntegersOutOfRangeAreRefusedAndNotCutOff) {
  struct Case {
    const char* datatype;
    int64_t value;
    const char* message;
  };
  for (const Case& bad : std::vector<Case>{{"INT8", 128, "expected -128 to 127, got 128"},
                                           {"INT8", -129, "got -129"},
                                           {"INT16", 32768, "expected -32768 to 32767, got 32768"},
                                           {"INT16", -32769, "got -32769"}}) {
    InferTensorContents contents;
    contents.add_int_contents(0);
    contents.add_int_contents(static_cast<int32_t>(bad.value));
    EXPECT_THAT(Pack(bad.datatype, 2, contents), IsInvalid(bad.message));
    EXPECT_THAT(Pack(bad.datatype, 2, contents), IsInvalid("element 1"));
  }
  for (const Case& bad : std::vector<Case>{{"UINT8", 256, "expected 0 to 255, got 256"},
                                           {"UINT16", 65536, "expected 0 to 65535, got 65536"}}) {
    InferTensorContents contents;
    contents.add_uint_contents(static_cast<uint32_t>(bad.value));
    EXPECT_THAT(Pack(bad.datatype, 1, contents), IsInvalid(bad.message));
  }
}

TEST(PackContentsTest, AnotherNumberOfElementsIsRefused) {
  InferTensorContents contents;
  contents.add_fp32_contents(1);
  EXPECT_THAT(Pack("FP32", 2, contents), IsInvalid("expected 2 elements in fp32_contents, got 1"));
}

TEST(PackContentsTest, TheFieldOfAnotherDatatypeIsRefused) {
  InferTensorContents contents;
  contents.add_fp32_contents(1);
  contents.add_fp64_contents(1);
  EXPECT_THAT(Pack("FP32", 1, contents),
              IsInvalid("expected elements in fp32_contents only, got 1 in fp64_contents"));
}

TEST(PackContentsTest, HalfPrecisionComesRawOnly) {
  for (const char* datatype : {"FP16", "BF16"}) {
    EXPECT_THAT(Pack(datatype, 0, {}), IsInvalid("expected raw_input_contents"));
  }
}

}  // namespace
}  // namespace traind
