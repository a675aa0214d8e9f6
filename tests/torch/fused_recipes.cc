#include "tests/torch/fused_recipes.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "server/torch/random_generator.h"

namespace traind {

std::vector<FusedCase> FusedCases() {
  const std::string head = "layers { flatten {} } layers { linear { out_features: 3 } }";
  const std::string average = "layers { adaptive_avg_pool2d { output_size: 1 } }" + head;
  const std::string conv = "layers { conv2d { out_channels: 6 kernel_size: 3 } }";
  const std::string padded = "layers { conv2d { out_channels: 20 kernel_size: 3 padding: 1 } }";
  const std::string no_bias = "layers { conv2d { out_channels: 6 kernel_size: 3 bias: false } }";
  const std::string relu = "layers { relu {} }";
  const std::string norm = "layers { batch_norm2d {} }";
  const std::string resnet =
      "layers { conv2d { out_channels: 20 kernel_size: 3 padding: 1 bias: false } }" + norm + relu;
  const std::string strided =
      "layers { conv2d { out_channels: 18 kernel_size: 3 padding: 1 stride: 2 } }";
  const std::string average_only = "layers { adaptive_avg_pool2d { output_size: 1 } }";
  const std::string pool = "layers { max_pool2d { kernel_size: 2 } }";
  return {
      {"FoldedIntoTheNext", conv + relu + norm + conv + relu + norm + average},
      {"PooledBetween", conv + relu + norm + pool + conv + relu + norm + average},
      {"Padded",
       padded + relu + norm + padded + relu + norm + pool + padded + relu + norm + average},
      {"ThreeChannels", conv + relu + norm + conv + relu + norm + average,
       "channels: 3 height: 10 width: 13"},
      {"NormalizedBeforeRelu", no_bias + norm + relu + pool + no_bias + norm + relu + head},
      {"WithoutNormalization", padded + relu + pool + conv + relu + head},
      {"WithoutRelu", no_bias + norm + no_bias + norm + average},
      {"WideKernel", "layers { conv2d { out_channels: 5 kernel_size: 5 padding: 2 } }" + relu +
                         norm + "layers { conv2d { out_channels: 33 kernel_size: 4 padding: 1 } }" +
                         relu + norm + average},
      {"OverlappingPool", conv + relu + norm +
                              "layers { max_pool2d { kernel_size: 3 stride: 2 } }" + conv + relu +
                              norm + head},
      {"ManyLinear", conv + relu + norm +
                         "layers { flatten {} } layers { linear { out_features: 19 } }" + relu +
                         "layers { linear { out_features: 17 bias: false } }" + relu +
                         "layers { linear { out_features: 3 } }"},
      {"ResNetOrder", resnet + resnet + average},
      {"Strided", strided + relu + norm + strided + norm + relu + average,
       "channels: 3 height: 13 width: 12"},
      {"StridedWithoutBorder",
       conv + relu + norm + "layers { conv2d { out_channels: 7 kernel_size: 1 stride: 2 } }" +
           relu + norm + "layers { conv2d { out_channels: 5 kernel_size: 2 stride: 3 } }" + head},
      {"WideBorder",
       conv + relu + norm + "layers { conv2d { out_channels: 5 kernel_size: 2 padding: 2 } }" +
           norm + "layers { conv2d { out_channels: 4 kernel_size: 1 padding: 1 stride: 2 } }" +
           norm + head},
      {"WideBorderAndStride",
       conv + norm + "layers { conv2d { out_channels: 4 kernel_size: 3 padding: 4 stride: 3 } }" +
           relu + head},
      {"PoolAfterPool", conv + relu + pool + pool + norm + head},
      {"PoolFirst", pool + conv + relu + norm + head},
      {"NormFirst", norm + padded + relu + norm + average},
      {"AverageBeforeRelu", conv + norm + average_only + relu + head},
      {"OnlyLinear", "layers { flatten {} } layers { linear { out_features: 30 } }" + relu +
                         "layers { linear { out_features: 3 } }"},
  };
}

void PrintTo(const FusedCase& fused_case, std::ostream* stream) { *stream << fused_case.name; }

v1::Recipe FusedRecipe(const FusedCase& fused_case) {
  v1::Recipe recipe;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      absl::StrCat("name: 'fused' network { input { ", fused_case.input, " } ", fused_case.layers,
                   "} loss { cross_entropy { label_smoothing: 0.1 } }",
                   "optimizer { sgd { learning_rate: 0.1 } } epoch_count: 1 batch_size: 8 seed: 3"),
      &recipe));
  return recipe;
}

Network FusedCaseNetwork(const v1::Recipe& recipe) {
  Network network = *Network::Build(recipe.network(), recipe.seed(), at::kCPU);
  at::Generator generator = MakeGenerator(at::kCPU, 11);
  for (const NamedTensor& named : network.parameters()) {
    const int layer = std::stoi(named.name.substr(std::string("layers.").size()));
    if (!recipe.network().layers(layer).has_batch_norm2d()) continue;
    named.tensor.uniform_(0.5, 1.5, generator);
    named.tensor.mul_(at::rand(named.tensor.sizes(), generator).lt(0.3).to(at::kFloat) * -2 + 1);
  }
  for (const NamedTensor& named : network.buffers()) {
    named.tensor.uniform_(0.5, 1.5, generator);
  }
  return network;
}

Batch RandomBatch(const v1::Recipe& recipe, int64_t row_count, uint64_t seed) {
  at::Generator generator = MakeGenerator(at::kCPU, seed);
  const v1::InputShape& input = recipe.network().input();
  at::Tensor images = at::randn({row_count, input.channels(), input.height(), input.width()},
                                generator, at::kFloat);
  images.clamp_min_(-0.4);
  const at::Tensor labels = at::randint(3, {row_count}, generator, at::kLong);
  return {images, labels};
}

void CopyNetwork(const Network& from, Network& to) {
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < from.parameters().size(); ++i) {
    to.parameters()[i].tensor.copy_(from.parameters()[i].tensor);
  }
  for (size_t i = 0; i < from.buffers().size(); ++i) {
    to.buffers()[i].tensor.copy_(from.buffers()[i].tensor);
  }
}

}  // namespace traind
