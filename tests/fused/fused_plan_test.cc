#include "server/fused/fused_plan.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace traind {
namespace {

absl::StatusOr<FusedPlan> Plan(const std::string& layers) {
  v1::Network network;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      absl::StrCat("input { channels: 1 height: 12 width: 10 }", layers), &network));
  return PlanFused(network);
}

const char kConv[] = "layers { conv2d { out_channels: 4 kernel_size: 3 } }";
const char kPadded[] = "layers { conv2d { out_channels: 20 kernel_size: 3 padding: 1 } }";
const char kRelu[] = "layers { relu {} }";
const char kNorm[] = "layers { batch_norm2d { momentum: 0.2 epsilon: 1e-3 } }";
const char kPool[] = "layers { max_pool2d { kernel_size: 2 } }";
const char kAverage[] = "layers { adaptive_avg_pool2d { output_size: 1 } }";
const char kDrop[] = "layers { dropout { probability: 0.1 } }";
const char kHead[] = "layers { flatten {} } layers { linear { out_features: 3 } }";

TEST(FusedPlan, GathersWhatStandsAroundEachConvolution) {
  const FusedPlan plan =
      *Plan(absl::StrCat(kConv, kRelu, kNorm, kPool, kDrop, kPadded, kNorm, kRelu, kPool, kHead));
  ASSERT_EQ(plan.stages.size(), 3u);
  const FusedStage& first = plan.stages[0];
  EXPECT_EQ(first.layer, 0);
  EXPECT_TRUE(first.relu);
  EXPECT_EQ(first.batch_norm->layer, 2);
  EXPECT_EQ(first.batch_norm->momentum, 0.2);
  EXPECT_EQ(first.laid_in_channels, 1);
  EXPECT_EQ(first.laid_out_channels, 16);
  EXPECT_EQ(first.out_height(), 10);
  EXPECT_EQ(first.out_width(), 8);
  const FusedStage& second = plan.stages[1];
  EXPECT_EQ(second.inlet.pool, FusedInlet::Pool::kMax);
  EXPECT_EQ(second.inlet.drop, 0.1);
  EXPECT_FALSE(second.inlet.relu);
  EXPECT_FALSE(second.relu);
  EXPECT_FALSE(second.direct);
  EXPECT_EQ(second.in_height, 5);
  EXPECT_EQ(second.out_width(), 4);
  EXPECT_EQ(second.laid_out_channels, 32);
  const FusedStage& last = plan.stages[2];
  EXPECT_TRUE(last.linear);
  EXPECT_TRUE(last.inlet.relu);
  EXPECT_EQ(last.in_channels, 20);
  EXPECT_EQ(last.kernel_height, 2);
  EXPECT_EQ(plan.class_count(), 3);
}

TEST(FusedPlan, FoldsIntoWhatIsNotPadded) {
  EXPECT_TRUE(Plan(absl::StrCat(kConv, kRelu, kNorm, kConv, kHead))->stages[1].direct);
  EXPECT_TRUE(Plan(absl::StrCat(kConv, kRelu, kNorm, kHead))->stages[1].direct);
  EXPECT_FALSE(Plan(absl::StrCat(kConv, kRelu, kNorm, kPadded, kHead))->stages[1].direct);
  EXPECT_FALSE(Plan(absl::StrCat(kConv, kNorm, kRelu, kConv, kHead))->stages[1].direct);
  EXPECT_FALSE(Plan(absl::StrCat(kConv, kDrop, kConv, kHead))->stages[1].direct);
}

TEST(FusedPlan, TakesImagesOnly) {
  v1::Network network;
  network.mutable_input()->set_features(4);
  network.add_layers()->mutable_linear()->set_out_features(2);
  const absl::Status refused = PlanFused(network).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(refused.message(),
            "network.input: expected channels, height and width of an image, got [4]");
}

TEST(FusedPlan, NamesTheFirstLayerThatDoesNotFit) {
  const struct {
    std::string layers;
    const char* message;
  } kCases[] = {
      {absl::StrCat("layers { conv2d { out_channels: 4 kernel_size: 3 stride: 2 } }", kHead),
       "network.layers[0] (conv2d): expected stride 1, got 2"},
      {absl::StrCat(kPadded, "layers { conv2d { out_channels: 4 kernel_size: 3 groups: 2 } }",
                    kHead),
       "network.layers[1] (conv2d): expected groups 1, got 2"},
      {absl::StrCat(kConv, "layers { gelu {} }", kHead),
       "network.layers[1] (gelu): expected a kind of layer that the fused step computes, got gelu"},
      {absl::StrCat("layers { conv2d { out_channels: 4 kernel_size: 2 padding: 2 } }", kHead),
       "network.layers[0] (conv2d): expected a padding below kernel_size, got 2"},
      {absl::StrCat(kDrop, kConv, kHead),
       "network.layers[0] (dropout): expected a convolution or linear layer before it, got none"},
      {absl::StrCat(kConv, kDrop, kPool, kHead),
       "network.layers[2] (max_pool2d): expected it before dropout, got it after"},
      {absl::StrCat(kConv, kPool, kPool, kHead),
       "network.layers[2] (max_pool2d): expected one pooling in a place, got two"},
      {absl::StrCat(kConv, kPool, kNorm, kHead),
       "network.layers[2] (batch_norm2d): expected it after a convolution or its ReLU, got it "
       "after another layer"},
      {absl::StrCat(kConv, "layers { max_pool2d { kernel_size: 17 } }", kHead),
       "network.layers[1] (max_pool2d): kernel 17 does not fit the input [4, 10, 8] with padding "
       "0; use a kernel of at most 8"},
      {absl::StrCat(kConv, "layers { adaptive_avg_pool2d { output_size: 2 } }", kHead),
       "network.layers[1] (adaptive_avg_pool2d): expected output_size 1, got 2"},
      {absl::StrCat(kConv, kNorm, kRelu, kAverage, kHead),
       "network.layers[3] (adaptive_avg_pool2d): expected batch normalisation after ReLU, got "
       "before it"},
      {absl::StrCat(kConv, kAverage, "layers { flatten {} }"),
       "network.layers[2] (flatten): expected a linear layer that gives the logits, got none"},
      {absl::StrCat(kConv, kHead, kRelu),
       "network.layers[3] (relu): expected a linear layer at the end, got another"},
  };
  for (const auto& one : kCases) {
    EXPECT_EQ(Plan(one.layers).status().message(), one.message);
  }
}

TEST(FusedPlan, TellsWhatFitsNoNetworkFromWhatItCannotDo) {
  EXPECT_EQ(Plan(absl::StrCat(kConv, kDrop, kPool, kHead)).status().code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_EQ(Plan("layers { linear { out_features: 3 } }").status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace traind
