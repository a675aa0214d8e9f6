#include "server/oip/infer_decoder.h"

#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/oip/oip_fixture.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::ElementsAre;

inference::ModelInferRequest RawRequest() {
  inference::ModelInferRequest request = RequestWithX();
  request.add_raw_input_contents(Bytes("\0\0\x80\x3f\0\0\0\xc0"));
  return request;
}

TEST(InferDecoderTest, RawBytesAreViewedInTheRequest) {
  const inference::ModelInferRequest request = RawRequest();
  const absl::StatusOr<InferCall> call = DecodeInferRequest(request);
  ASSERT_OK(call);
  ASSERT_EQ(call->inputs.size(), 1u);
  EXPECT_EQ(call->inputs[0].bytes.data(), request.raw_input_contents(0).data());
  EXPECT_EQ(call->inputs[0].bytes.size(), 8u);
  EXPECT_THAT(call->inputs[0].shape, ElementsAre(1, 2));
  EXPECT_TRUE(call->storage.empty());
}

TEST(InferDecoderTest, TypedContentsGiveTheSameBytesAsRaw) {
  inference::ModelInferRequest request = RequestWithX();
  request.mutable_inputs(0)->mutable_contents()->add_fp32_contents(1);
  request.mutable_inputs(0)->mutable_contents()->add_fp32_contents(-2);
  const absl::StatusOr<InferCall> call = DecodeInferRequest(request);
  ASSERT_OK(call);
  EXPECT_EQ(call->inputs.at(0).bytes, RawRequest().raw_input_contents(0));
}

TEST(InferDecoderTest, MovingACallKeepsItsViews) {
  inference::ModelInferRequest request = RequestWithX();
  request.mutable_inputs(0)->set_datatype("UINT8");
  request.mutable_inputs(0)->mutable_contents()->add_uint_contents(7);
  request.mutable_inputs(0)->mutable_contents()->add_uint_contents(255);
  absl::StatusOr<InferCall> call = DecodeInferRequest(request);
  ASSERT_OK(call);
  const InferCall moved = *std::move(call);
  EXPECT_EQ(moved.inputs.at(0).bytes, "\x07\xff");
}

TEST(InferDecoderTest, RawBytesBelongToInputsByOrder) {
  inference::ModelInferRequest request = RawRequest();
  inference::ModelInferRequest::InferInputTensor& mask = *request.add_inputs();
  mask.set_name("mask");
  mask.set_datatype("UINT8");
  mask.add_shape(3);
  request.add_raw_input_contents("abc");
  const absl::StatusOr<InferCall> call = DecodeInferRequest(request);
  ASSERT_OK(call);
  ASSERT_EQ(call->inputs.size(), 2u);
  EXPECT_EQ(call->inputs[1].name, "mask");
  EXPECT_EQ(call->inputs[1].data_type, v1::DATA_TYPE_UINT8);
  EXPECT_EQ(call->inputs[1].bytes, "abc");
}

TEST(InferDecoderTest, ATensorWithoutElementsNeedsNoContents) {
  inference::ModelInferRequest request = RequestWithX();
  request.mutable_inputs(0)->set_shape(0, 0);
  const absl::StatusOr<InferCall> call = DecodeInferRequest(request);
  ASSERT_OK(call);
  EXPECT_TRUE(call->inputs.at(0).bytes.empty());
}

TEST(InferDecoderTest, ContentsBesideRawBytesAreRefused) {
  inference::ModelInferRequest request = RawRequest();
  request.mutable_inputs(0)->mutable_contents()->add_fp32_contents(1);
  EXPECT_THAT(DecodeInferRequest(request),
              IsInvalid("input \"x\": expected raw_input_contents or contents, got both"));
}

TEST(InferDecoderTest, NeitherContentsNorRawBytesAreRefused) {
  EXPECT_THAT(DecodeInferRequest(RequestWithX()),
              IsInvalid("FP32 [1, 2]: expected raw_input_contents or contents, got neither"));
}

TEST(InferDecoderTest, AnotherNumberOfRawBytesThanOfInputsIsRefused) {
  inference::ModelInferRequest request = RawRequest();
  request.add_raw_input_contents("");
  EXPECT_THAT(DecodeInferRequest(request),
              IsInvalid("raw_input_contents: expected one for each of the 1 inputs, got 2"));
}

TEST(InferDecoderTest, BytesThatTheShapeDoesNotHaveAreRefused) {
  inference::ModelInferRequest request = RawRequest();
  request.mutable_raw_input_contents(0)->pop_back();
  EXPECT_THAT(DecodeInferRequest(request),
              IsInvalid("input \"x\": FP32 [1, 2]: expected 8 bytes, got 7"));
}

TEST(InferDecoderTest, DuplicateAndNamelessInputsAreRefused) {
  inference::ModelInferRequest request = RawRequest();
  *request.add_inputs() = request.inputs(0);
  EXPECT_THAT(DecodeInferRequest(request), IsInvalid("input \"x\": expected once, got twice"));
  request.mutable_inputs(1)->clear_name();
  EXPECT_THAT(DecodeInferRequest(request), IsInvalid("expected a name for each"));
}

TEST(InferDecoderTest, NegativeAndOverflowingShapesAreRefused) {
  inference::ModelInferRequest request = RawRequest();
  request.mutable_inputs(0)->set_shape(0, -1);
  EXPECT_THAT(DecodeInferRequest(request),
              IsInvalid("FP32 [-1, 2]: expected sizes of 0 or more, got -1"));
  request.mutable_inputs(0)->set_shape(0, std::numeric_limits<int64_t>::max());
  EXPECT_THAT(DecodeInferRequest(request), IsInvalid("elements, got more"));
}

TEST(InferDecoderTest, AnUnknownDatatypeIsRefusedWithThoseThatExist) {
  inference::ModelInferRequest request = RawRequest();
  request.mutable_inputs(0)->set_datatype("float32");
  EXPECT_THAT(DecodeInferRequest(request), IsInvalid("INT64, FP16, BF16, FP32, FP64, BYTES, "
                                                     "got \"float32\""));
}

TEST(InferDecoderTest, ADatatypeThatNoModelTakesIsRefusedWithThoseThatOneCan) {
  inference::ModelInferRequest request = RawRequest();
  request.mutable_inputs(0)->set_datatype("INT32");
  EXPECT_THAT(DecodeInferRequest(request),
              IsInvalid("expected a datatype that models here take (UINT8, INT64, FP32), "
                        "got INT32"));
}

TEST(InferDecoderTest, SharedMemoryIsUnimplemented) {
  inference::ModelInferRequest request = RequestWithX();
  (*request.mutable_inputs(0)->mutable_parameters())["shared_memory_region"].set_string_param("r");
  EXPECT_THAT(DecodeInferRequest(request),
              StatusIs(absl::StatusCode::kUnimplemented, "input \"x\": expected its bytes"));
}

TEST(InferDecoderTest, WhatIsWrongWithTheModelOrTheParametersIsTold) {
  inference::ModelInferRequest request = RawRequest();
  request.set_model_version("0");
  EXPECT_THAT(DecodeInferRequest(request), IsInvalid("model version"));
  request.clear_model_version();
  (*request.mutable_parameters())["sequence_id"].set_int64_param(5);
  EXPECT_THAT(DecodeInferRequest(request), IsInvalid("sequence_id"));
}

TEST(InferDecoderTest, ALongNameIsCutShortInTheMessage) {
  inference::ModelInferRequest request = RequestWithX();
  request.mutable_inputs(0)->set_name(std::string(100000, 'x'));
  const absl::Status refused = DecodeInferRequest(request).status();
  EXPECT_THAT(refused, IsInvalid("xxx\"...: FP32"));
  EXPECT_LT(refused.message().size(), 500u);
}

}  // namespace
}  // namespace traind
