#include "bench/predict/target.h"

#include <grpcpp/impl/codegen/proto_utils.h>
#include <gtest/gtest.h>

#include <set>

#include "bench/predict/input_rows.h"
#include "inference/grpc_service.pb.h"
#include "traind/v1/prediction_service.pb.h"

namespace traind {
namespace {

template <typename Message>
Message Parsed(grpc::ByteBuffer bytes) {
  Message message;
  EXPECT_TRUE(grpc::SerializationTraits<Message>::Deserialize(&bytes, &message).ok());
  return message;
}

TEST(Target, TakesWhatIsNamedAndTheRestFromTheDefaults) {
  Target defaults;
  defaults.model = "other";
  const absl::StatusOr<Target> target =
      ParseTarget("near=127.0.0.1:8001,oip,version=production", defaults);
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_EQ(target->name, "near");
  EXPECT_EQ(target->address, "127.0.0.1:8001");
  EXPECT_EQ(target->protocol, InferProtocol::kOip);
  EXPECT_EQ(target->model, "other");
  EXPECT_EQ(target->version, "production");
}

TEST(Target, RefusesTextThatNamesNoServerProtocolOrField) {
  for (const char* text : {"", "near", "near=a:1", "=a:1,oip", "near=,oip", "near=a:1,http",
                           "near=a:1,oip,color=red"}) {
    EXPECT_EQ(ParseTarget(text, Target()).status().code(), absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(Target, RequestHasTheBytesAndNamesOfItsProtocol) {
  Target target;
  target.version = "production";
  const std::string row = RandomRows(1, 784)[0];
  const auto oip = Parsed<inference::ModelInferRequest>(MakeRequest(target, row));
  EXPECT_EQ(oip.model_name(), "s4");
  EXPECT_EQ(oip.model_version(), "production");
  EXPECT_EQ(oip.inputs(0).datatype(), "FP32");
  EXPECT_EQ(oip.inputs(0).shape_size(), 4);
  ASSERT_EQ(oip.raw_input_contents_size(), 1);
  EXPECT_EQ(oip.raw_input_contents(0), row);

  target.protocol = InferProtocol::kTraind;
  const auto traind = Parsed<v1::PredictRequest>(MakeRequest(target, row));
  EXPECT_EQ(traind.alias(), "production");
  EXPECT_EQ(traind.inputs(0).data(), row);
  target.version = "3";
  EXPECT_EQ(Parsed<v1::PredictRequest>(MakeRequest(target, row)).version(), 3);
}

TEST(Target, BytesThatAreNoAnswerAreAnError) {
  grpc::Slice garbage("\xff\xff\xff");
  for (const InferProtocol protocol : {InferProtocol::kTraind, InferProtocol::kOip}) {
    grpc::ByteBuffer bytes(&garbage, 1);
    EXPECT_EQ(AnswerVersion(protocol, bytes).status().code(), absl::StatusCode::kInternal);
    grpc::ByteBuffer empty;
    EXPECT_EQ(AnswerVersion(protocol, empty).status().code(), absl::StatusCode::kInternal);
  }
}

TEST(InputRows, RandomRowsAreAllDifferentAndTheSameEachTime) {
  const std::vector<std::string> rows = RandomRows(1000, 784);
  EXPECT_EQ(rows[0].size(), 3136u);
  EXPECT_EQ(std::set<std::string>(rows.begin(), rows.end()).size(), 1000u);
  EXPECT_EQ(RandomRows(1000, 784), rows);
}

}  // namespace
}  // namespace traind
