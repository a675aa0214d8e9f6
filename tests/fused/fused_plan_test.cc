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
  EXPECT_EQ(first.layer, "0");
  EXPECT_TRUE(first.relu);
  EXPECT_EQ(first.batch_norm->layer, "2");
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
  EXPECT_TRUE(last.is_linear());
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

// One letter for each stage: convolution, linear, map or sum.
std::string Kinds(const FusedPlan& plan) {
  std::string kinds;
  for (const FusedStage& stage : plan.stages) kinds += "clms"[static_cast<int>(stage.kind)];
  return kinds;
}

TEST(FusedPlan, MakesAStageOfWhatFitsNoInlet) {
  const struct {
    std::string layers;
    const char* kinds;
  } kCases[] = {
      {absl::StrCat(kConv, kPool, kDrop, kRelu, kHead), "cl"},
      {absl::StrCat(kConv, kNorm, kRelu, kPool, kDrop, kHead), "cl"},
      {absl::StrCat(kConv, kPool, kPool, kHead), "cml"},
      {absl::StrCat(kConv, kDrop, kPool, kHead), "cml"},
      {absl::StrCat(kConv, kDrop, kDrop, kHead), "cml"},
      {absl::StrCat(kConv, kPool, kNorm, kHead), "cml"},
      {absl::StrCat(kConv, kNorm, kNorm, kHead), "cml"},
      {absl::StrCat(kConv, kNorm, kRelu, kAverage, kHead), "cml"},
      {absl::StrCat(kConv, kAverage, kRelu, kHead), "cml"},
      {absl::StrCat(kDrop, kConv, kHead), "mcl"},
      {absl::StrCat(kNorm, kConv, kHead), "mcl"},
  };
  for (const auto& one : kCases) {
    const absl::StatusOr<FusedPlan> plan = Plan(one.layers);
    ASSERT_TRUE(plan.ok()) << plan.status();
    EXPECT_EQ(Kinds(*plan), one.kinds) << one.layers;
  }
}

TEST(FusedPlan, ReadsOneStageTwiceForAResidualBlock) {
  const FusedPlan plan = *Plan(absl::StrCat(kConv, kNorm, kRelu, "layers { residual { ",
                                            "layers { conv2d { out_channels: 4 kernel_size: 1 } }",
                                            kNorm, "} }", kRelu, kHead));
  ASSERT_EQ(Kinds(plan), "cmcsl");
  EXPECT_TRUE(plan.stages[1].shared);
  EXPECT_FALSE(plan.stages[1].batch_norm);
  const FusedStage& inside = plan.stages[2];
  EXPECT_EQ(inside.layer, "3.layers.0");
  EXPECT_EQ(inside.batch_norm->layer, "3.layers.1");
  EXPECT_EQ(inside.source, 1);
  EXPECT_TRUE(inside.adds_to_source) << "the sum has passed its gradient before";
  const FusedStage& sum = plan.stages[3];
  EXPECT_EQ(sum.source, 2);
  EXPECT_EQ(sum.addend, 1);
  EXPECT_FALSE(sum.adds_to_source);
  EXPECT_FALSE(sum.adds_to_addend);
  EXPECT_TRUE(sum.relu);
  EXPECT_EQ(plan.ReaderOf(2), 3);
}

TEST(FusedPlan, PassesNoGradientToWhatHasNoParameters) {
  const FusedPlan dropped = *Plan(absl::StrCat(kDrop, kConv, kHead));
  EXPECT_FALSE(dropped.stages[1].passes_back);
  EXPECT_TRUE(dropped.stages[2].passes_back);
  EXPECT_TRUE(Plan(absl::StrCat(kNorm, kConv, kHead))->stages[1].passes_back);
}

TEST(FusedPlan, NamesTheTensorsOfAShortcut) {
  const FusedPlan plan = *Plan(absl::StrCat(
      kConv, "layers { residual { layers { conv2d { out_channels: 8 kernel_size: 2 stride: 2 } }",
      "shortcut { max_pool2d { kernel_size: 2 } }",
      "shortcut { conv2d { out_channels: 8 kernel_size: 1 } } } }", kHead));
  ASSERT_EQ(Kinds(plan), "cccsl");
  EXPECT_EQ(plan.stages[2].layer, "1.shortcut.1");
  EXPECT_EQ(plan.stages[3].addend, 2);
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
      {absl::StrCat(kConv, "layers { conv2d { out_channels: 4 kernel_size: 3 groups: 2 } }", kHead),
       "network.layers[1] (conv2d): expected groups 1, got 2"},
      {absl::StrCat("layers { conv2d { out_channels: 1 kernel_size: 3 padding: 100000 "
                    "stride: 100000 } }",
                    kHead),
       "network.layers[0] (conv2d): expected an input of at most 1073741824 values with its "
       "padding, got [1, 200012, 200010]"},
      {absl::StrCat(kConv, "layers { gelu {} }", kHead),
       "network.layers[1] (gelu): expected a kind of layer that the fused step computes, got gelu"},
      {absl::StrCat(kConv, "layers { max_pool2d { kernel_size: 17 } }", kHead),
       "network.layers[1] (max_pool2d): kernel 17 does not fit the input [4, 10, 8] with padding "
       "0; use a kernel of at most 8"},
      {absl::StrCat(kConv, "layers { adaptive_avg_pool2d { output_size: 2 } }", kHead),
       "network.layers[1] (adaptive_avg_pool2d): expected output_size 1, got 2"},
      {absl::StrCat(kConv, "layers { residual { ", kPadded, "} }", kHead),
       "network.layers[1].residual: expected layers that give the shape of what is added, "
       "[4, 10, 8], got [20, 10, 8]"},
      {absl::StrCat("layers { residual { layers { residual { ", kPadded, "layers { conv2d { ",
                    "out_channels: 2 kernel_size: 1 groups: 2 } } } } } }", kHead),
       "network.layers[0].residual.layers[0].residual.layers[1] (conv2d): expected groups 1, got "
       "2"},
      {absl::StrCat(kConv, "layers { flatten {} } layers { residual { layers { linear { ",
                    "out_features: 320 } } } } layers { linear { out_features: 3 } }"),
       "network.layers[2].residual: expected values that lie alike, got those of [320, 1, 1] and "
       "of [4, 10, 8]"},
      {absl::StrCat(kConv, kAverage, "layers { flatten {} }"),
       "network.layers[2] (flatten): expected a linear layer that gives the logits, got none"},
      {absl::StrCat(kConv, kHead, kRelu),
       "network.layers[3] (relu): expected a linear layer at the end, got another"},
  };
  for (const auto& one : kCases) {
    EXPECT_EQ(std::string(Plan(one.layers).status().message()), one.message);
  }
}

TEST(FusedPlan, TellsWhatFitsNoNetworkFromWhatItCannotDo) {
  EXPECT_EQ(Plan(absl::StrCat(kConv, "layers { adaptive_avg_pool2d { output_size: 2 } }", kHead))
                .status()
                .code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_EQ(Plan("layers { linear { out_features: 3 } }").status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace traind
