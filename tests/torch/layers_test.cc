// Options of layers that SmallRecipe() does not use; expected values by hand.
#include "server/torch/nn/layers.h"

#include <gtest/gtest.h>

#include "server/torch/nn/network.h"

namespace traind {
namespace {

// The network of one layer and a flatten after it, on a [channels, 4, 4] input.
Network NetworkOf(const v1::Layer& layer, int channels = 1) {
  v1::Network description;
  description.mutable_input()->set_channels(channels);
  description.mutable_input()->set_height(4);
  description.mutable_input()->set_width(4);
  *description.add_layers() = layer;
  description.add_layers()->mutable_flatten();
  return *Network::Build(description, 1, at::kCPU);
}

at::Tensor Ramp() { return at::arange(16, at::kFloat).view({1, 1, 4, 4}); }

std::vector<float> Values(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.contiguous();
  return std::vector<float>(flat.const_data_ptr<float>(),
                            flat.const_data_ptr<float>() + flat.numel());
}

TEST(MaxPool2d, StridesByItsWindowUnlessTold) {
  v1::Layer layer;
  layer.mutable_max_pool2d()->set_kernel_size(2);
  EXPECT_EQ(Values(NetworkOf(layer).Forward(Ramp(), {})), (std::vector<float>{5, 7, 13, 15}));

  layer.mutable_max_pool2d()->set_stride(1);
  EXPECT_EQ(Values(NetworkOf(layer).Forward(Ramp(), {})),
            (std::vector<float>{5, 6, 7, 9, 10, 11, 13, 14, 15}));
}

TEST(MaxPool2d, LeavesOutARowThatFillsNoWindow) {
  v1::Layer layer;
  layer.mutable_max_pool2d()->set_kernel_size(3);
  EXPECT_EQ(Values(NetworkOf(layer).Forward(Ramp(), {})), (std::vector<float>{10}));
}

TEST(AdaptiveAvgPool2d, AveragesToTheSizeAskedFor) {
  v1::Layer layer;
  layer.mutable_adaptive_avg_pool2d()->set_output_size(2);
  EXPECT_EQ(Values(NetworkOf(layer).Forward(Ramp(), {})),
            (std::vector<float>{2.5, 4.5, 10.5, 12.5}));
}

TEST(Conv2d, PadsWithZerosAndStrides) {
  v1::Layer layer;
  layer.mutable_conv2d()->set_out_channels(1);
  layer.mutable_conv2d()->set_kernel_size(2);
  layer.mutable_conv2d()->set_stride(4);
  layer.mutable_conv2d()->set_padding(2);
  layer.mutable_conv2d()->set_bias(false);
  const Network network = NetworkOf(layer);
  network.parameters()[0].tensor.fill_(1);
  // Windows start at -2 and 2: only the last lies on pixels, 10 + 11 + 14 + 15.
  EXPECT_EQ(Values(network.Forward(Ramp(), {})), (std::vector<float>{0, 0, 0, 50}));
}

TEST(Conv2d, DrawsItsWeightsWithinTheInverseRootOfItsInputs) {
  v1::Layer layer;
  layer.mutable_conv2d()->set_out_channels(200);
  layer.mutable_conv2d()->set_kernel_size(3);
  const Network network = NetworkOf(layer, 4);
  const double bound = 1.0 / 6;  // 4 channels of 3 by 3
  for (const NamedTensor& named : network.parameters()) {
    EXPECT_LE(named.tensor.abs().max().item<double>(), bound) << named.name;
    EXPECT_GT(named.tensor.abs().max().item<double>(), 0.95 * bound) << named.name;
  }
}

TEST(BatchNorm2d, NormalisesByTheBatchInTrainingAndLearnsItsStatistics) {
  v1::Layer layer;
  layer.mutable_batch_norm2d()->set_momentum(0.5);
  layer.mutable_batch_norm2d()->set_epsilon(0.25);
  const Network network = NetworkOf(layer);

  const at::Tensor output = network.Forward(Ramp(), {.training = true, .dropout = {}});

  // 0 to 15: mean 7.5, variance 21.25 (22.6667 with 15 in the denominator).
  EXPECT_NEAR(output[0][15].item<double>(), 7.5 / std::sqrt(21.25 + 0.25), 1e-5);
  EXPECT_NEAR(network.buffers()[0].tensor.item<double>(), 0.5 * 7.5, 1e-5);
  EXPECT_NEAR(network.buffers()[1].tensor.item<double>(), 0.5 + 0.5 * 22.666667, 1e-5);
}

TEST(BatchNorm2d, UsesItsStatisticsOutsideTraining) {
  v1::Layer layer;
  layer.mutable_batch_norm2d()->set_epsilon(0);
  const Network network = NetworkOf(layer);
  network.buffers()[0].tensor.fill_(1);
  network.buffers()[1].tensor.fill_(4);

  const at::Tensor output = network.Forward(Ramp(), {});

  EXPECT_NEAR(output[0][15].item<double>(), (15 - 1) / 2.0, 1e-5);
  EXPECT_EQ(network.buffers()[0].tensor.item<double>(), 1);
}

}  // namespace
}  // namespace traind
