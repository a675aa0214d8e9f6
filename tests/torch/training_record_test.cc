#include "server/torch/checkpoint/training_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"

namespace traind {
namespace {

using ::testing::HasSubstr;

TrainingRecord SampleRecord() {
  TrainingRecord record;
  record.epoch = 3;
  record.step = 2000;
  record.step_in_epoch = 124;
  record.epoch_seconds = 1.0 / 3;
  record.data_wait_seconds = 0.1;
  record.kept = {{938, 9800.0}, {1876, 9850.0}, {2000, std::nullopt}};
  record.basis = {"ab12", "cpu", "bf16", 2, "2.11.0", "AVX512", "plain"};
  record.files = {DescribeFile(kTrainingTensorsFileName, "tensors")};
  return record;
}

TEST(TrainingRecord, ComesBackAsItWasWritten) {
  const absl::StatusOr<TrainingRecord> record =
      ReadTrainingRecord(WriteTrainingRecord(SampleRecord()));
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->epoch, 3);
  EXPECT_EQ(record->step, 2000);
  EXPECT_EQ(record->step_in_epoch, 124);
  EXPECT_FALSE(record->epoch_finished);
  EXPECT_EQ(record->epoch_seconds, 1.0 / 3);
  EXPECT_EQ(record->data_wait_seconds, 0.1);
  EXPECT_EQ(record->kept, SampleRecord().kept);
  EXPECT_EQ(record->basis, SampleRecord().basis);
  ASSERT_EQ(record->files.size(), 1u);
  EXPECT_TRUE(CheckFile(record->files[0], "tensors").ok());
}

TEST(TrainingRecord, TextThatIsNotOneIsDataLoss) {
  const std::string whole = WriteTrainingRecord(SampleRecord());
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{}"), whole.substr(0, whole.size() / 2),
        absl::StrReplaceAll(whole, {{"2000", "2001"}})}) {
    const absl::Status status = ReadTrainingRecord(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(status.message()), HasSubstr("training.json is damaged: "));
  }
}

TEST(TrainingRecord, OfANewerFormatIsRefused) {
  std::string text = WriteTrainingRecord(SampleRecord());
  text.replace(text.find("\"format_version\": 1"), 19, "\"format_version\": 2");
  EXPECT_EQ(ReadTrainingRecord(text).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(TrainingBasis, NamesWhatDiffersAndTheWayOut) {
  const TrainingBasis was = SampleRecord().basis;
  EXPECT_TRUE(CheckSameBasis(was, was).ok());
  TrainingBasis is = was;
  is.thread_count = 4;
  const absl::Status status = CheckSameBasis(was, is);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(
      std::string(status.message()),
      "the training cannot go on bit for bit: expected thread_count 2, got 4; give it what it "
      "had, or allow other bits (execution.allow_inexact_resume)");
  for (auto change : {+[](TrainingBasis& basis) { basis.recipe_sha256 = "other"; },
                      +[](TrainingBasis& basis) { basis.device = "cuda"; },
                      +[](TrainingBasis& basis) { basis.precision = "fp32"; },
                      +[](TrainingBasis& basis) { basis.torch_version = "2.12.0"; },
                      +[](TrainingBasis& basis) { basis.cpu_capability = "AVX2"; },
                      +[](TrainingBasis& basis) { basis.step = "captured"; }}) {
    TrainingBasis other = was;
    change(other);
    EXPECT_EQ(CheckSameBasis(was, other).code(), absl::StatusCode::kFailedPrecondition);
  }
}

}  // namespace
}  // namespace traind
