#include "client/trainctl/progress_line.h"

#include <gtest/gtest.h>

namespace traind {
namespace {

EpochProgress At(int64_t done, int64_t total, double seconds) {
  return {.loss = 0.5f, .done = done, .total = total, .elapsed_seconds = seconds};
}

// Expected lines: tqdm 4.67's format_meter with the prefix `loss=0.5 batch_id=N`.
TEST(ProgressLineTest, FullBarIsTenColumnsWide) {
  EXPECT_EQ(ProgressLine(At(938, 938, 22.635), std::nullopt),
            "loss=0.5 batch_id=937: 100%|██████████| 938/938 [00:22<00:00, 41.44it/s]");
}

TEST(ProgressLineTest, HalfDoneBarHasTheTimeLeft) {
  EXPECT_EQ(ProgressLine(At(469, 938, 10), std::nullopt),
            "loss=0.5 batch_id=468:  50%|█████     | 469/938 [00:10<00:10, 46.90it/s]");
}

TEST(ProgressLineTest, HoursAppearWhenThereAreAny) {
  EXPECT_EQ(ProgressLine(At(938, 938, 3661.5), std::nullopt),
            "loss=0.5 batch_id=937: 100%|██████████| 938/938 [1:01:01<00:00,  3.90s/it]");
}

TEST(ProgressLineTest, RateIsFiveColumnsWideAndTurnsOverBelowOneStepASecond) {
  EXPECT_EQ(ProgressLine(At(938, 938, 100), std::nullopt),
            "loss=0.5 batch_id=937: 100%|██████████| 938/938 [01:40<00:00,  9.38it/s]");
  EXPECT_EQ(ProgressLine(At(938, 938, 938.5), std::nullopt),
            "loss=0.5 batch_id=937: 100%|██████████| 938/938 [15:38<00:00,  1.00s/it]");
}

TEST(ProgressLineTest, RateIsUnknownWithoutTime) {
  EXPECT_EQ(ProgressLine(At(3, 938, 0), std::nullopt),
            "loss=0.5 batch_id=2:   0%|          | 3/938 [00:00<?, ?it/s]");
}

TEST(ProgressLineTest, BarFillsTheColumnsInEighths) {
  EXPECT_EQ(ProgressLine(At(100, 938, 2.5), 100),
            "loss=0.5 batch_id=99:  11%|████▏                                  | 100/938 "
            "[00:02<00:20, 40.00it/s]");
  EXPECT_EQ(ProgressLine(At(1, 3, 2), 100),
            "loss=0.5 batch_id=0:  33%|██████████████▋                             | 1/3 "
            "[00:02<00:04,  2.00s/it]");
}

TEST(ProgressLineTest, NarrowTerminalCutsTheLine) {
  EXPECT_EQ(ProgressLine(At(400, 938, 7.7), 60),
            "loss=0.5 batch_id=399:  43%|▍| 400/938 [00:07<00:10, 51.95it");
}

TEST(ProgressLineTest, EpochWithoutAStepHasNoLoss) {
  EXPECT_EQ(ProgressLine(At(0, 938, 0), std::nullopt), "  0%|          | 0/938 [00:00<?, ?it/s]");
}

TEST(ProgressLineTest, ColumnsCountCharactersNotBytes) {
  EXPECT_EQ(TextColumns("a█b"), 3);
  EXPECT_EQ(CutToColumns("a█b", 2), "a█");
  EXPECT_EQ(CutToColumns("ab", 5), "ab");
}

TEST(ProgressLineTest, BlockBarStaysWithinItsWidth) {
  EXPECT_EQ(BlockBar(0, 4), "    ");
  EXPECT_EQ(BlockBar(0.5, 4), "██  ");
  EXPECT_EQ(BlockBar(1.0 / 32, 4), "▏   ");
  EXPECT_EQ(BlockBar(1, 4), "████");
  EXPECT_EQ(BlockBar(1.5, 4), "████");
}

}  // namespace
}  // namespace traind
