#include "client/onnx/onnx_model.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "onnx/onnx.pb.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A safetensors file as its specification has it: all tensors F32, zeros.
std::string Weights(const std::vector<std::pair<std::string, std::vector<int>>>& tensors) {
  std::string header = "{";
  int end = 0;
  for (const auto& [name, shape] : tensors) {
    int size = 4;
    std::string sizes;
    for (const int side : shape) {
      size *= side;
      absl::StrAppend(&sizes, sizes.empty() ? "" : ",", side);
    }
    absl::StrAppend(&header, header.size() > 1 ? "," : "", "\"", name,
                    "\":{\"dtype\":\"F32\",\"shape\":[", sizes, "],\"data_offsets\":[", end, ",",
                    end + size, "]}");
    end += size;
  }
  header += "}";
  std::string file(8, '\0');
  file[0] = static_cast<char>(header.size() % 256);
  file[1] = static_cast<char>(header.size() / 256);
  return file + header + std::string(static_cast<size_t>(end), '\0');
}

// Two inputs, one linear layer of three outputs without bias.
class OnnxModelTest : public testing::Test {
 protected:
  OnnxModelTest() {
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
        R"pb(
          input_shape: 2
          layers {
            type: "Linear"
            input_shape: 2
            output_shape: 3
            layer { linear { out_features: 3 bias: false } }
          }
          recipe {
            name: "tiny"
            loss { cross_entropy {} }
          }
        )pb",
        &source_.summary));
    source_.name = "tiny@2";
  }

  onnx::ModelProto Write() const {
    const absl::StatusOr<std::string> file = WriteOnnxModel(source_, weights_);
    EXPECT_TRUE(file.ok()) << file.status();
    onnx::ModelProto model;
    EXPECT_TRUE(model.ParseFromString(file.value_or("")));
    return model;
  }
  static std::vector<std::string> Operators(const onnx::ModelProto& model) {
    std::vector<std::string> operators;
    for (const onnx::NodeProto& node : model.graph().node()) operators.push_back(node.op_type());
    return operators;
  }
  static std::vector<std::string> Outputs(const onnx::ModelProto& model) {
    std::vector<std::string> names;
    for (const onnx::ValueInfoProto& output : model.graph().output())
      names.push_back(output.name());
    return names;
  }

  OnnxSource source_;
  std::string weights_ = Weights({{"layers.0.weight", {3, 2}}});
};

TEST_F(OnnxModelTest, OutputsAreThoseOfPredict) {
  EXPECT_THAT(Outputs(Write()), ElementsAre("classes", "logits", "probabilities"));
  source_.summary.mutable_recipe()->mutable_loss()->mutable_binary_cross_entropy();
  EXPECT_THAT(Operators(Write()), ElementsAre("Gemm", "Identity", "Sigmoid"));
  EXPECT_THAT(Outputs(Write()), ElementsAre("logits", "probabilities"));
  source_.summary.mutable_recipe()->mutable_loss()->mutable_huber();
  EXPECT_THAT(Outputs(Write()), ElementsAre("values"));
}

TEST_F(OnnxModelTest, TheNormalizationComesFirst) {
  v1::Normalization& normalization =
      *source_.summary.mutable_recipe()->mutable_data()->mutable_normalization();
  for (const double mean : {1, 2}) normalization.add_mean(mean);
  for (const double deviation : {3, 4}) normalization.add_standard_deviation(deviation);
  const onnx::ModelProto model = Write();
  EXPECT_THAT(Operators(model), ElementsAre("Sub", "Div", "Gemm", "ArgMax", "Identity", "Softmax"));
  EXPECT_EQ(model.graph().node(0).input(0), "x");
}

TEST_F(OnnxModelTest, TheFileSaysWhatItIsMadeOf) {
  source_.class_names = {"a", "\"b\""};
  const onnx::ModelProto model = Write();
  EXPECT_EQ(model.graph().name(), "tiny");
  EXPECT_EQ(model.metadata_props(0).value(), "tiny@2");
  EXPECT_EQ(model.metadata_props(1).value(), R"(["a","\"b\""])");
  EXPECT_EQ(model.opset_import(0).version(), 17);
  EXPECT_EQ(model.graph().input(0).type().tensor_type().shape().dim(0).dim_param(), "N");
}

TEST_F(OnnxModelTest, ALayerThatItDoesNotKnowIsRefusedByItsPlaceAndType) {
  v1::LayerSummary& layer = *source_.summary.add_layers();
  layer.set_type("Transformer");
  layer.mutable_layer();
  const absl::Status status = WriteOnnxModel(source_, weights_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(status.message()), HasSubstr("layers.1: "));
  EXPECT_THAT(std::string(status.message()), HasSubstr("Transformer"));
}

TEST_F(OnnxModelTest, WeightsThatDoNotFitAreLostData) {
  for (const auto& [weights, message] :
       {std::pair(Weights({{"layers.0.weight", {2, 3}}}),
                  "expected layers.0.weight [3, 2], got [2, 3]"),
        std::pair(Weights({{"layers.1.weight", {3, 2}}}), "got no such tensor"),
        std::pair(weights_.substr(0, weights_.size() - 1), "wrong offsets of layers.0.weight"),
        std::pair(weights_.substr(0, 5), "got 5 bytes"),
        std::pair(weights_.substr(0, 20), "a header of"),
        std::pair(std::string("\2\0\0\0\0\0\0\0[]", 10), "another header")}) {
    const absl::Status status = WriteOnnxModel(source_, weights).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(status.message()), HasSubstr(message));
  }
}

}  // namespace
}  // namespace traind
