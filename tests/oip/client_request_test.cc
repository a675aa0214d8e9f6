// What a real client sends: the bytes were made by Python's tritonclient 2.73.0,
//   InferInput("x", [2, 1, 1, 2], "FP32") of [0, 0.5], [1, -1],
//   InferRequestedOutput("probabilities", class_count=2),
//   InferRequestedOutput("classes"),
//   model "s4", version "3", request id "r7", priority 1, timeout 2500.
#include <cstring>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/oip/infer_decoder.h"
#include "server/oip/requested_outputs.h"
#include "tests/oip/oip_fixture.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::ElementsAre;

inference::ModelInferRequest ClientRequest() {
  inference::ModelInferRequest request;
  const std::string bytes = Bytes(
      "\x0a\x02\x73\x34\x12\x01\x33\x1a\x02\x72\x37\x22\x0e\x0a\x08\x70\x72\x69\x6f\x72\x69\x74"
      "\x79\x12\x02\x28\x01\x22\x0e\x0a\x07\x74\x69\x6d\x65\x6f\x75\x74\x12\x03\x10\xc4\x13\x2a"
      "\x0f\x0a\x01\x78\x12\x04\x46\x50\x33\x32\x1a\x04\x02\x01\x01\x02\x32\x25\x0a\x0d\x70\x72"
      "\x6f\x62\x61\x62\x69\x6c\x69\x74\x69\x65\x73\x12\x14\x0a\x0e\x63\x6c\x61\x73\x73\x69\x66"
      "\x69\x63\x61\x74\x69\x6f\x6e\x12\x02\x10\x02\x32\x09\x0a\x07\x63\x6c\x61\x73\x73\x65\x73"
      "\x3a\x10\x00\x00\x00\x00\x00\x00\x00\x3f\x00\x00\x80\x3f\x00\x00\x80\xbf");
  EXPECT_TRUE(request.ParseFromString(bytes));
  return request;
}

TEST(ClientRequestTest, IsReadAsItWasMeant) {
  const inference::ModelInferRequest request = ClientRequest();
  const absl::StatusOr<InferCall> call = DecodeInferRequest(request);
  ASSERT_OK(call);
  EXPECT_EQ(call->selector.model, "s4");
  EXPECT_EQ(call->selector.version, 3);
  EXPECT_EQ(call->id, "r7");
  EXPECT_EQ(call->parameters.priority, 1u);
  EXPECT_EQ(call->parameters.timeout, absl::Microseconds(2500));
  ASSERT_EQ(call->inputs.size(), 1u);
  EXPECT_EQ(call->inputs[0].name, "x");
  EXPECT_EQ(call->inputs[0].data_type, v1::DATA_TYPE_FP32);
  EXPECT_THAT(call->inputs[0].shape, ElementsAre(2, 1, 1, 2));
  float values[4];
  ASSERT_EQ(call->inputs[0].bytes.size(), sizeof(values));
  std::memcpy(values, call->inputs[0].bytes.data(), sizeof(values));
  EXPECT_THAT(values, ElementsAre(0.0f, 0.5f, 1.0f, -1.0f));
}

TEST(ClientRequestTest, ItsOutputsAreChosenInItsOrder) {
  const absl::StatusOr<std::vector<RequestedOutput>> outputs =
      ChooseOutputs(ThreeClassVersion(), ClientRequest());
  ASSERT_OK(outputs);
  ASSERT_EQ(outputs->size(), 2u);
  EXPECT_EQ((*outputs)[0].index, 2);
  EXPECT_EQ((*outputs)[0].top_count, 2);
  EXPECT_EQ((*outputs)[1].index, 0);
  EXPECT_EQ((*outputs)[1].top_count, 0);
}

}  // namespace
}  // namespace traind
