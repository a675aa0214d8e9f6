// Every kind of layer in the forms that Predict runs.
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/torch/infer/fold.h"
#include "server/torch/infer/form_check.h"
#include "server/torch/infer/inference_network.h"
#include "tests/torch/layer_fixture.h"
#include "tests/torch/trained_layers.h"

namespace traind {
namespace {

TEST(InferenceNetwork, OfEveryLayerGivesWhatPyTorchGivesFoldedOrNot) {
  const LayerFixture fixture = ReadLayerFixture();
  for (const LayerFixture::Case& c : fixture.cases) {
    SCOPED_TRACE(c.name);
    const InferenceLayers trained =
        LayersAsTrained(c.network, {}, fixture.Below(c.name + "/state/"));
    const at::Tensor input = fixture.tensors.at(c.name + "/input").to(at::kFloat);
    const at::Tensor before = input.clone();
    for (const InferenceLayers& layers : {trained, FoldLayers(trained)}) {
      const InferenceNetwork network(layers, at::kCPU, v1::PRECISION_FP32);
      const at::Tensor output = network.Forward(input);
      EXPECT_LE(RelativeError(fixture.tensors.at(c.name + "/eval"), output), 1e-5);
      EXPECT_TRUE(input.equal(before)) << "overwrites its input";
    }
  }
}

TEST(InferenceNetwork, OfEveryLayerRunsInBfloat16) {
  const LayerFixture fixture = ReadLayerFixture();
  for (const LayerFixture::Case& c : fixture.cases) {
    SCOPED_TRACE(c.name);
    const InferenceNetwork network(
        FoldLayers(LayersAsTrained(c.network, {}, fixture.Below(c.name + "/state/"))), at::kCPU,
        v1::PRECISION_BF16);
    const at::Tensor output = network.Forward(fixture.tensors.at(c.name + "/input").to(at::kFloat));
    // 8 bits of mantissa, several roundings.
    EXPECT_LE(RelativeError(fixture.tensors.at(c.name + "/eval"), output), 0.1);
  }
}

// What layers compute, in float64, by the network that the golden values hold.
at::Tensor Compute(const InferenceLayers& layers, const at::Tensor& rows) {
  const Network network = *Network::Build(layers.description, 1, at::kCPU, at::kDouble);
  SetNetwork(layers.tensors, network);
  at::Tensor x = rows.to(at::kDouble);
  for (int c = 0; c < layers.normalization.mean_size(); ++c) {
    x.select(1, c)
        .sub_(layers.normalization.mean(c))
        .div_(layers.normalization.standard_deviation(c));
  }
  return network.Forward(x, {});
}

constexpr char kImage[] = "input { channels: 2 height: 8 width: 8 } ";
constexpr char kSequence[] = "input { channels: 2 length: 9 } ";
constexpr char kFeatures[] = "input { features: 6 } ";
constexpr char kConv[] = "layers { conv2d { out_channels: 4 kernel_size: 3 } } ";
constexpr char kPaddedConv[] = "layers { conv2d { out_channels: 4 kernel_size: 3 padding: 1 } } ";
constexpr char kGroups[] = "layers { conv2d { out_channels: 4 kernel_size: 3 groups: 2 } } ";
constexpr char kConv1d[] = "layers { conv1d { out_channels: 3 kernel_size: 3 bias: false } } ";
constexpr char kNorm2d[] = "layers { batch_norm2d {} } ";
constexpr char kNorm1d[] = "layers { batch_norm1d {} } ";
constexpr char kRelu[] = "layers { relu {} } ";
constexpr char kGelu[] = "layers { gelu {} } ";
constexpr char kFlatten[] = "layers { flatten {} } ";
constexpr char kAverage[] = "layers { global_avg_pool {} } ";
constexpr char kLargest[] = "layers { global_max_pool {} } ";
constexpr char kLinear[] = "layers { linear { out_features: 4 } } ";

// A residual of the usual order, and one with a shortcut.
constexpr char kResidual[] =
    "layers { residual { layers { conv2d { out_channels: 4 kernel_size: 3 padding: 1 bias: false } "
    "} layers { batch_norm2d {} } layers { relu {} } layers { conv2d { out_channels: 4 "
    "kernel_size: "
    "3 padding: 1 bias: false } } layers { batch_norm2d {} } } } ";
constexpr char kShortcut[] =
    "layers { residual { layers { relu {} } layers { batch_norm2d {} } layers { conv2d { "
    "out_channels: 4 kernel_size: 1 } } shortcut { conv2d { out_channels: 4 kernel_size: 1 } } "
    "shortcut { batch_norm2d {} } } } ";
constexpr char kConcat[] =
    "layers { concat { branches { layers { dropout { probability: 0.5 } } layers { relu {} } "
    "layers "
    "{ batch_norm2d {} } } branches { layers { dropout { probability: 0.5 } } layers { conv2d { "
    "out_channels: 1 kernel_size: 1 } } layers { batch_norm2d {} } } } } ";

struct Case {
  const char* what;
  std::string network;
  int batch_norms_left;
  double first_scale = 0.7;
};

class FoldOfLayersTest : public ::testing::TestWithParam<Case> {};

TEST_P(FoldOfLayersTest, ComputesTheSameWithAsFewBatchNormsAsIsExact) {
  const Case& c = GetParam();
  v1::Network network;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(c.network, &network));
  v1::Normalization normalization;
  const int channels = network.input().features() + network.input().channels();
  for (int i = 0; i < channels; ++i) {
    normalization.add_mean(0.25 + i);
    normalization.add_standard_deviation(0.5);
  }
  const InferenceLayers trained = TrainedLayers(network, normalization, c.first_scale);
  const InferenceLayers folded = FoldLayers(trained);
  const at::Tensor rows = CheckRows(network.input());
  EXPECT_LE(RelativeError(Compute(trained, rows), Compute(folded, rows)), 1e-12);
  EXPECT_EQ(folded.batch_norm_count, c.batch_norms_left);
  const InferenceNetwork inference(folded, at::kCPU, v1::PRECISION_FP32);
  EXPECT_LE(RelativeError(Compute(trained, rows), inference.Forward(rows)), kFormErrorMax);
}

std::string Net(std::initializer_list<const char*> parts) {
  std::string text;
  for (const char* part : parts) absl::StrAppend(&text, part);
  return text;
}

INSTANTIATE_TEST_SUITE_P(
    Rules, FoldOfLayersTest,
    ::testing::Values(
        Case{"sequence into the convolution before",
             Net({kSequence, kConv1d, kNorm1d, kRelu, kAverage, kLinear}), 0},
        Case{"sequence into the convolution after",
             Net({kSequence, kConv1d, kRelu, kNorm1d, kConv1d, kFlatten, kLinear}), 0},
        Case{"features into the linear layer before",
             Net({kFeatures, kLinear, kNorm1d, kRelu, kLinear}), 0},
        Case{"features into the linear layer after",
             Net({kFeatures, kLinear, kRelu, kNorm1d, kLinear}), 0},
        Case{"features before an activation",
             Net({kFeatures, kLinear, kGelu, kNorm1d, kGelu, kLinear}), 1},
        Case{"through global average pooling",
             Net({kImage, kPaddedConv, kRelu, kNorm2d, kAverage, kLinear}), 0},
        Case{"through global max pooling",
             Net({kImage, kPaddedConv, kRelu, kNorm2d, kLargest, kLinear}), 0},
        Case{"not through global max pooling with a negative scale",
             Net({kImage, kPaddedConv, kRelu, kNorm2d, kLargest, kLinear}), 1, -0.7},
        Case{"pooled to features and then an activation",
             Net({kImage, kPaddedConv, kRelu, kNorm2d, kAverage, kRelu, kLinear}), 1},
        Case{"flattened to features with a norm of their own",
             Net({kImage, kConv, kRelu, kNorm2d, kFlatten, kNorm1d, kLinear}), 1},
        Case{"into groups before", Net({kImage, kConv, kGroups, kNorm2d, kRelu, kAverage}), 0},
        Case{"not into groups after", Net({kImage, kConv, kRelu, kNorm2d, kGroups, kAverage}), 1},
        Case{"within a residual",
             Net({kImage, kPaddedConv, kResidual, kRelu, kResidual, kRelu, kAverage, kLinear}), 0},
        Case{"not into a residual",
             Net({kImage, kPaddedConv, kRelu, kNorm2d, kResidual, kAverage, kLinear}), 1},
        Case{"from a residual into the next",
             Net({kImage, kPaddedConv, kResidual, kNorm2d, kConv, kAverage, kLinear}), 0},
        Case{"within both ways of a residual", Net({kImage, kConv, kShortcut, kAverage, kLinear}),
             0},
        Case{"within branches with dropout", Net({kImage, kConv, kConcat, kAverage, kLinear}), 1},
        Case{"a residual first", Net({kImage, kShortcut, kAverage, kLinear}), 0}),
    [](const auto& info) {
      std::string name = info.param.what;
      std::erase_if(name, [](char letter) { return !absl::ascii_isalnum(letter); });
      return name;
    });

}  // namespace
}  // namespace traind
