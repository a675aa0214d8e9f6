#include "server/torch/nn/shared_storage.h"

#include <gtest/gtest.h>

namespace traind {
namespace {

TEST(SharedStorage, KeepsValuesAndIsSeenByWhoeverHoldsTheTensors) {
  const at::Tensor first = at::arange(6, at::kFloat).view({2, 3});
  const at::Tensor second = at::full({4}, 7.0f);
  const at::Tensor held = first;  // as a layer holds its weight

  at::Tensor storage = MoveIntoSharedStorage({first, second}, at::MemoryFormat::Contiguous);

  EXPECT_TRUE(held.equal(at::arange(6, at::kFloat).view({2, 3})));
  EXPECT_TRUE(second.equal(at::full({4}, 7.0f)));
  storage.add_(1);
  EXPECT_TRUE(held.equal(at::arange(1, 7, at::kFloat).view({2, 3})));
  EXPECT_TRUE(second.equal(at::full({4}, 8.0f)));
}

TEST(SharedStorage, LaysImagesOutAsAskedAndStartsEachAtARoundPlace) {
  const at::Tensor values = at::rand({4, 3, 5, 5});
  const at::Tensor weight = values.clone();
  const at::Tensor one_channel = at::rand({4, 1, 5, 5});

  const at::Tensor storage =
      MoveIntoSharedStorage({weight, one_channel}, at::MemoryFormat::ChannelsLast);

  EXPECT_TRUE(weight.equal(values));
  EXPECT_TRUE(weight.is_contiguous(at::MemoryFormat::ChannelsLast));
  // A convolution takes its layout from strides, which for one channel could be either's.
  EXPECT_EQ(one_channel.suggest_memory_format(), at::MemoryFormat::ChannelsLast);
  EXPECT_EQ(one_channel.storage_offset() * 4 % 512, 0);
  EXPECT_TRUE(storage.is_contiguous());
}

}  // namespace
}  // namespace traind
