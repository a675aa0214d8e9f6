#include "server/torch/infer/device_lane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/torch/infer/class_scores.h"
#include "server/torch/infer/padded_rows.h"

namespace traind {
namespace {

using ::testing::ElementsAre;

TEST(RecordedSizes, AreTheSmallestThatTheRowsFitInto) {
  const std::vector<std::pair<int64_t, int64_t>> cases = {
      {1, 1}, {2, 2}, {3, 4}, {4, 4}, {5, 8}, {9, 16}, {17, 32}, {33, 64}, {63, 64}, {64, 64}};
  for (const auto& [rows, size] : cases) EXPECT_EQ(kRecordedSizes[RecordedSizeIndex(rows)], size);
}

TEST(SplitRows, MakesPiecesOfAtMostTheLargestSize) {
  const auto pieces = [](int64_t row_count) {
    std::vector<std::pair<int64_t, int64_t>> pairs;
    for (const RowPiece& piece : SplitRows(row_count)) pairs.emplace_back(piece.first, piece.count);
    return pairs;
  };
  EXPECT_THAT(pieces(5), ElementsAre(std::pair(0, 5)));
  EXPECT_THAT(pieces(64), ElementsAre(std::pair(0, 64)));
  EXPECT_THAT(pieces(130), ElementsAre(std::pair(0, 64), std::pair(64, 64), std::pair(128, 2)));
}

TEST(GatherBytes, TakesARangeAcrossInputsAndZeroesThePadding) {
  std::string target(6, 'x');
  GatherBytes({"abc", "", "defg"}, 2, 2, {target.data(), target.size()});
  EXPECT_EQ(target, std::string("cdef\0\0", 6));
  GatherBytes({"abc", "", "defg"}, 3, 2, {target.data(), target.size()});
  EXPECT_EQ(target, std::string("defg\0\0", 6));
  GatherBytes({"abcdefgh"}, 1, 0, {target.data(), target.size()});
  EXPECT_EQ(target, "bcdefg");
}

// A network whose logits tell its rows apart: [a, b] to [a, b, 0].
InferenceNetwork Network() {
  InferenceLayers layers;
  v1::InputShape& input = *layers.description.mutable_input();
  input.set_channels(1);
  input.set_height(1);
  input.set_width(2);
  layers.description.add_layers()->mutable_flatten();
  layers.description.add_layers()->mutable_linear()->set_out_features(3);
  layers.tensors["layers.1.weight"] = at::eye(3, at::kDouble).narrow(1, 0, 2);
  layers.tensors["layers.1.bias"] = at::zeros({3}, at::kDouble);
  return InferenceNetwork(layers, at::kCPU, v1::PRECISION_FP32);
}

class DeviceLaneTest : public ::testing::Test {
 protected:
  DeviceLaneTest() {
    input_.set_channels(1);
    input_.set_height(1);
    input_.set_width(2);
    for (int row = 0; row < 100; ++row) {
      const float values[] = {static_cast<float>(row), static_cast<float>(50 - row)};
      rows_.append(reinterpret_cast<const char*>(values), sizeof(values));
    }
  }

  Prediction Run(int64_t row_count) {
    DeviceLane lane(input_, network_, at::kCPU);
    Prediction prediction;
    prediction.row_count = row_count;
    prediction.class_count = 3;
    // Cut where no row ends.
    const absl::string_view rows = absl::string_view(rows_).substr(0, row_count * 8);
    for (const RowPiece& piece : SplitRows(row_count)) {
      lane.Run({rows.substr(0, 5), rows.substr(5)}, piece, prediction);
    }
    return prediction;
  }

  v1::InputShape input_;
  std::string rows_;
  const InferenceNetwork network_ = Network();
};

TEST_F(DeviceLaneTest, GivesEachRowItsScoresWhateverThePaddingAndThePieces) {
  for (const int64_t row_count : {1, 3, 64, 65, 100}) {
    const Prediction actual = Run(row_count);
    std::vector<float> logits;
    for (int64_t row = 0; row < row_count; ++row) {
      for (const int64_t logit : {row, 50 - row, int64_t{0}}) {
        logits.push_back(static_cast<float>(logit));
      }
    }
    Prediction expected;
    expected.class_count = 3;
    AppendScores(logits, expected);
    EXPECT_EQ(actual.logits, logits);
    EXPECT_EQ(actual.classes, expected.classes);
    EXPECT_THAT(actual.probabilities,
                ::testing::Pointwise(::testing::FloatNear(1e-6F), expected.probabilities));
  }
}

TEST_F(DeviceLaneTest, RunsKernelByKernelWhereNothingCanBeRecorded) {
  const DeviceLane lane(input_, network_, at::kCPU);
  EXPECT_EQ(lane.graph_count(), 0);
  EXPECT_NE(lane.ungraphed_reason(), "");
}

}  // namespace
}  // namespace traind
