#include "server/torch/infer/fold.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/torch/infer/form_check.h"
#include "tests/torch/trained_layers.h"

namespace traind {
namespace {

v1::Network Described(const std::string& layers) {
  v1::Network description;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      absl::StrCat("input { channels: 2 height: 8 width: 8 } ", layers), &description));
  return description;
}

v1::Normalization TwoChannels() {
  v1::Normalization normalization;
  for (const double mean : {0.25, 0.5}) normalization.add_mean(mean);
  for (const double deviation : {0.5, 0.2}) normalization.add_standard_deviation(deviation);
  return normalization;
}

v1::Recipe S4() {
  std::ifstream file("recipes/s4.textproto");
  std::stringstream text;
  text << file.rdbuf();
  v1::Recipe recipe;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text.str(), &recipe));
  return recipe;
}

// What the layers compute, in float64, one operation of the textbook after another.
at::Tensor Compute(const InferenceLayers& layers, at::Tensor x) {
  x = x.to(at::kDouble);
  const v1::Normalization& normalization = layers.normalization;
  for (int c = 0; c < normalization.mean_size(); ++c) {
    x.select(1, c).sub_(normalization.mean(c)).div_(normalization.standard_deviation(c));
  }
  for (int i = 0; i < layers.description.layers_size(); ++i) {
    const v1::Layer& layer = layers.description.layers(i);
    const auto tensor = [&](const char* name) {
      const auto found = layers.tensors.find(absl::StrCat("layers.", i, ".", name));
      return found == layers.tensors.end() ? at::Tensor() : found->second;
    };
    if (layer.has_conv2d()) {
      EXPECT_EQ(!layer.conv2d().has_bias() || layer.conv2d().bias(), tensor("bias").defined());
      x = at::conv2d(x, tensor("weight"), tensor("bias"), {1, 1},
                     {layer.conv2d().padding(), layer.conv2d().padding()});
    } else if (layer.has_batch_norm2d()) {
      const double epsilon =
          layer.batch_norm2d().has_epsilon() ? layer.batch_norm2d().epsilon() : 1e-5;
      const auto of_channel = [&](const char* name) { return tensor(name).view({1, -1, 1, 1}); };
      x = (x - of_channel("running_mean")) / (of_channel("running_var") + epsilon).sqrt() *
              of_channel("weight") +
          of_channel("bias");
    } else if (layer.has_relu()) {
      x = at::relu(x);
    } else if (layer.has_max_pool2d()) {
      x = at::max_pool2d(x, {2, 2}, {2, 2});
    } else if (layer.has_adaptive_avg_pool2d()) {
      const int64_t size = layer.adaptive_avg_pool2d().output_size();
      x = at::adaptive_avg_pool2d(x, {size, size});
    } else if (layer.has_flatten()) {
      x = at::flatten(x, 1);
    } else if (layer.has_linear()) {
      x = at::linear(x, tensor("weight"), tensor("bias"));
    }
  }
  return x;
}

// Folds, expects the same logits, and returns the folded layers.
InferenceLayers FoldSafely(const InferenceLayers& trained) {
  InferenceLayers folded = FoldLayers(trained);
  const at::Tensor rows = CheckRows(trained.description.input());
  EXPECT_LE(RelativeError(Compute(trained, rows.clone()), Compute(folded, rows.clone())), 1e-12);
  return folded;
}

constexpr char kConv[] = "layers { conv2d { out_channels: 3 kernel_size: 3 } } ";
constexpr char kConvWithoutBias[] =
    "layers { conv2d { out_channels: 3 kernel_size: 3 bias: false } } ";
constexpr char kPaddedConv[] = "layers { conv2d { out_channels: 3 kernel_size: 3 padding: 1 } } ";
constexpr char kRelu[] = "layers { relu {} } ";
constexpr char kNorm[] = "layers { batch_norm2d { epsilon: 1e-3 } } ";
constexpr char kDropout[] = "layers { dropout { probability: 0.5 } } ";
constexpr char kMaxPool[] = "layers { max_pool2d { kernel_size: 2 } } ";
constexpr char kAveragePool[] = "layers { adaptive_avg_pool2d { output_size: 2 } } ";
constexpr char kFlatten[] = "layers { flatten {} } ";
constexpr char kLinear[] = "layers { linear { out_features: 4 } } ";
constexpr char kLinearWithoutBias[] = "layers { linear { out_features: 4 bias: false } } ";

struct Case {
  const char* what;
  std::string layers;
  int batch_norms_left;
  double first_scale = 0.7;
};

class FoldTest : public ::testing::TestWithParam<Case> {};

TEST_P(FoldTest, ComputesTheSameWithAsFewBatchNormsAsIsExact) {
  const Case& c = GetParam();
  const InferenceLayers folded = FoldSafely(TrainedLayers(Described(c.layers), {}, c.first_scale));
  EXPECT_EQ(folded.batch_norm_count, c.batch_norms_left) << c.what;
}

std::string Tail() { return absl::StrCat(kFlatten, kLinear); }

INSTANTIATE_TEST_SUITE_P(
    Rules, FoldTest,
    ::testing::Values(
        Case{"into the convolution before", absl::StrCat(kConv, kNorm, kRelu, Tail()), 0},
        Case{"into one without bias", absl::StrCat(kConvWithoutBias, kNorm, kRelu, Tail()), 0},
        Case{"into a padded one before", absl::StrCat(kPaddedConv, kNorm, kRelu, Tail()), 0},
        Case{"into the convolution after",
             absl::StrCat(kConv, kRelu, kNorm, kConvWithoutBias, Tail()), 0},
        Case{"not into a padded one after", absl::StrCat(kConv, kRelu, kNorm, kPaddedConv, Tail()),
             1},
        Case{"through dropout", absl::StrCat(kConv, kRelu, kNorm, kDropout, kConv, Tail()), 0},
        Case{"through max pooling", absl::StrCat(kConv, kRelu, kNorm, kMaxPool, kConv, Tail()), 0},
        Case{"through max pooling, a scale of 0",
             absl::StrCat(kConv, kRelu, kNorm, kMaxPool, kConv, Tail()), 0, 0.0},
        Case{"not through max pooling, a negative scale",
             absl::StrCat(kConv, kRelu, kNorm, kMaxPool, kConv, Tail()), 1, -0.7},
        Case{"a negative scale without pooling", absl::StrCat(kConv, kRelu, kNorm, kConv, Tail()),
             0, -0.7},
        Case{"through average pooling into a linear layer",
             absl::StrCat(kConv, kRelu, kNorm, kAveragePool, kFlatten, kLinearWithoutBias), 0},
        Case{"not through a ReLU", absl::StrCat(kConv, kRelu, kNorm, kRelu, Tail()), 1},
        Case{"two in a row", absl::StrCat(kConv, kRelu, kNorm, kNorm, Tail()), 0},
        Case{"into the layer before and the next", absl::StrCat(kConv, kNorm, kNorm, Tail()), 0},
        Case{"no layer left to fold into", absl::StrCat(kConv, kRelu, kNorm, kFlatten), 1},
        Case{"flattened before a ReLU", absl::StrCat(kConv, kRelu, kNorm, kFlatten, kRelu, kLinear),
             1},
        Case{"as the first layer", absl::StrCat(kNorm, kConv, Tail()), 0}),
    [](const auto& info) {
      std::string name = info.param.what;
      std::erase_if(name, [](char letter) { return !absl::ascii_isalnum(letter); });
      return name;
    });

TEST(FoldLayers, NormalisationOfThePixelsBecomesPartOfTheFirstConvolution) {
  const InferenceLayers folded =
      FoldSafely(TrainedLayers(Described(absl::StrCat(kDropout, kConv, Tail())), TwoChannels()));
  EXPECT_EQ(folded.normalization.mean_size(), 0);
}

TEST(FoldLayers, NormalisationOfThePixelsBecomesPartOfAFirstLinearLayer) {
  const InferenceLayers folded = FoldSafely(TrainedLayers(Described(Tail()), TwoChannels()));
  EXPECT_EQ(folded.normalization.mean_size(), 0);
}

TEST(FoldLayers, NormalisationOfThePixelsStaysBeforeAPaddedConvolution) {
  const InferenceLayers folded = FoldSafely(
      TrainedLayers(Described(absl::StrCat(kPaddedConv, kNorm, kRelu, Tail())), TwoChannels()));
  EXPECT_EQ(folded.normalization.mean_size(), 2);
  EXPECT_EQ(folded.batch_norm_count, 0);
}

TEST(FoldLayers, ABatchNormOfThePixelsTakesTheirNormalisationIn) {
  const InferenceLayers folded = FoldSafely(
      TrainedLayers(Described(absl::StrCat(kNorm, kPaddedConv, kRelu, Tail())), TwoChannels()));
  EXPECT_EQ(folded.normalization.mean_size(), 0);
  EXPECT_EQ(folded.batch_norm_count, 1);
}

TEST(FoldLayers, ABatchNormAfterAFoldedNormalisationIsStillOne) {
  const InferenceLayers folded = FoldSafely(TrainedLayers(
      Described(absl::StrCat(kConv, kRelu, kNorm, kPaddedConv, Tail())), TwoChannels()));
  EXPECT_EQ(folded.normalization.mean_size(), 0);
  EXPECT_EQ(folded.batch_norm_count, 1);
}

// conv, ReLU, conv, ReLU, pool, conv, ReLU, conv, ReLU, average, flatten, linear.
TEST(FoldLayers, LeavesNoBatchNormOfS4) {
  const v1::Recipe recipe = S4();
  const InferenceLayers trained = TrainedLayers(recipe.network(), recipe.data().normalization());
  const InferenceLayers folded = FoldSafely(trained);
  EXPECT_EQ(trained.batch_norm_count, 4);
  EXPECT_EQ(folded.batch_norm_count, 0);
  EXPECT_EQ(folded.normalization.mean_size(), 0);
  EXPECT_EQ(folded.description.layers_size(), 12);
}

TEST(FoldLayers, KeepsTheBatchNormBeforeThePoolOfS4WhereAScaleIsNegative) {
  const v1::Recipe recipe = S4();
  const InferenceLayers folded =
      FoldSafely(TrainedLayers(recipe.network(), recipe.data().normalization(), -0.2));
  EXPECT_EQ(folded.batch_norm_count, 1);
}

}  // namespace
}  // namespace traind
