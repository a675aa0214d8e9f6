// Random damage to ModelInferRequests. What is checked: no crash, every refusal is
// INVALID_ARGUMENT or UNIMPLEMENTED with few words, and what is accepted lies in the
// request or in the call's storage, exactly as large as its shape says.
#include <random>
#include <string>

#include "google/protobuf/stubs/logging.h"
#include "gtest/gtest.h"
#include "server/oip/infer_decoder.h"
#include "server/oip/requested_outputs.h"
#include "tests/fuzz/mutation.h"
#include "tests/oip/oip_fixture.h"

namespace traind {
namespace {

using inference::ModelInferRequest;

constexpr uint32_t kSeed = 20200514;
constexpr int kMutations = 20000;

void ExpectRefusalInWords(const absl::Status& status) {
  EXPECT_TRUE(status.code() == absl::StatusCode::kInvalidArgument ||
              status.code() == absl::StatusCode::kUnimplemented)
      << status;
  EXPECT_FALSE(status.message().empty());
  EXPECT_LT(status.message().size(), 1000u);
}

bool LiesWithin(absl::string_view part, absl::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

bool LiesInStorage(absl::string_view bytes, const ModelInferRequest& request,
                   const InferCall& call) {
  if (bytes.empty()) return true;
  for (const std::string& raw : request.raw_input_contents()) {
    if (LiesWithin(bytes, raw)) return true;
  }
  for (const auto& typed : call.storage) {
    if (LiesWithin(bytes, *typed)) return true;
  }
  return false;
}

// Bytes of an element, from the protocol's table.
size_t ElementBytes(v1::DataType type) {
  return type == v1::DATA_TYPE_FP32 ? 4 : type == v1::DATA_TYPE_INT64 ? 8 : 1;
}

void CheckViews(const ModelInferRequest& request, const InferCall& call) {
  ASSERT_EQ(call.inputs.size(), static_cast<size_t>(request.inputs_size()));
  for (const TensorView& view : call.inputs) {
    ASSERT_NE(view.data_type, v1::DATA_TYPE_UNSPECIFIED);
    size_t expected = ElementBytes(view.data_type);
    for (int64_t size : view.shape) {
      ASSERT_GE(size, 0);
      expected *= static_cast<size_t>(size);
    }
    ASSERT_EQ(view.bytes.size(), expected);
    ASSERT_TRUE(LiesInStorage(view.bytes, request, call));
  }
}

// Whether it was taken.
bool CheckOnce(const ModelInferRequest& request) {
  const absl::StatusOr<std::vector<RequestedOutput>> outputs =
      ChooseOutputs(ThreeClassVersion(), request);
  if (!outputs.ok()) ExpectRefusalInWords(outputs.status());
  const absl::StatusOr<InferCall> call = DecodeInferRequest(request);
  if (!call.ok()) {
    ExpectRefusalInWords(call.status());
    return false;
  }
  CheckViews(request, *call);
  return true;
}

void AddInput(const char* name, const char* datatype, int64_t count, ModelInferRequest& request) {
  ModelInferRequest::InferInputTensor& input = *request.add_inputs();
  input.set_name(name);
  input.set_datatype(datatype);
  input.add_shape(count);
}

ModelInferRequest RawSeed() {
  ModelInferRequest request;
  request.set_model_name("s4");
  request.set_model_version("3");
  request.set_id("r7");
  (*request.mutable_parameters())["timeout"].set_int64_param(2500);
  AddInput("x", "FP32", 2, request);
  AddInput("m", "UINT8", 3, request);
  AddInput("b", "INT64", 1, request);
  for (const char* bytes : {"abcdefgh", "abc", "abcdefgh"}) request.add_raw_input_contents(bytes);
  request.add_outputs()->set_name("logits");
  (*request.mutable_outputs(0)->mutable_parameters())["classification"].set_int64_param(2);
  return request;
}

ModelInferRequest TypedSeed() {
  ModelInferRequest request = RawSeed();
  request.clear_raw_input_contents();
  for (float value : {1.0f, 2.0f}) {
    request.mutable_inputs(0)->mutable_contents()->add_fp32_contents(value);
  }
  for (int value : {1, 2, 3})
    request.mutable_inputs(1)->mutable_contents()->add_uint_contents(value);
  request.mutable_inputs(2)->mutable_contents()->add_int64_contents(-1);
  return request;
}

void CheckMutationsOf(const ModelInferRequest& seed) {
  ASSERT_TRUE(CheckOnce(seed));
  std::mt19937 engine(kSeed);
  // It would report each text that is no UTF-8.
  const google::protobuf::LogSilencer silencer;
  const std::string bytes = seed.SerializeAsString();
  int taken = 0;
  int refused = 0;
  for (int i = 0; i < kMutations; ++i) {
    ModelInferRequest request;
    // What does not parse never reaches the server's code.
    if (!request.ParseFromString(Mutate(bytes, engine))) continue;
    ++(CheckOnce(request) ? taken : refused);
    if (testing::Test::HasFatalFailure()) return;
  }
  EXPECT_GT(taken, 0);
  EXPECT_GT(refused, 0);
}

TEST(MutatedInferRequest, RawIsReadOrRefused) { CheckMutationsOf(RawSeed()); }

TEST(MutatedInferRequest, TypedIsReadOrRefused) { CheckMutationsOf(TypedSeed()); }

// Damage of bytes rarely leaves a message whole, so here it is of fields.
TEST(MutatedInferRequest, ChangedFieldsAreReadOrRefused) {
  const char* const datatypes[] = {"FP32", "UINT8", "INT64", "BYTES", "BF16", "INT16", "", "fp32"};
  const int64_t sizes[] = {0,         1,        2, 3, -1, int64_t{1} << 31, int64_t{1} << 62,
                           INT64_MAX, INT64_MIN};
  std::mt19937 engine(kSeed);
  int taken = 0;
  for (int i = 0; i < kMutations; ++i) {
    ModelInferRequest request = engine() % 2 == 0 ? RawSeed() : TypedSeed();
    for (int edits = 1 + static_cast<int>(engine() % 3); edits > 0; --edits) {
      auto& input = *request.mutable_inputs(static_cast<int>(engine() % 3));
      switch (engine() % 5) {
        case 0:
          input.set_datatype(datatypes[engine() % std::size(datatypes)]);
          break;
        case 1:
          input.set_shape(0, sizes[engine() % std::size(sizes)]);
          break;
        case 2:
          input.add_shape(sizes[engine() % std::size(sizes)]);
          break;
        case 3:
          input.mutable_contents()->add_uint_contents(engine());
          break;
        default:
          request.add_raw_input_contents(std::string(engine() % 9, 'z'));
          break;
      }
    }
    if (CheckOnce(request)) ++taken;
    if (testing::Test::HasFatalFailure()) return;
  }
  EXPECT_GT(taken, 0);
  EXPECT_LT(taken, kMutations);
}

}  // namespace
}  // namespace traind
