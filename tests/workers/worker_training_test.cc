#include "server/worker_training.h"

#include <filesystem>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temp_directory.h"
#include "tests/workers/tiny_assignment.h"

namespace traind {
namespace {

class RecordingReporter : public TrainingReporter {
 public:
  void Report(v1::Event event) override { events.push_back(std::move(event)); }
  void ReportProgress(const v1::Progress& progress) override {}
  absl::Status Flush() override { return absl::OkStatus(); }

  std::vector<v1::Event> events;
};

class WorkerTrainingTest : public testing::Test {
 protected:
  worker::v1::Finished Run() { return RunAssignment(assignment_, reporter_, stop_.get_token()); }

  // Of the run after so many steps.
  std::string Weights(const std::string& run_id, int step) const {
    return directory_.Path(
        absl::StrFormat("runs/%s/checkpoints/step-%09d/model.safetensors", run_id, step));
  }

  TempDirectory directory_;
  worker::v1::Assignment assignment_ = MakeTinyAssignment(directory_, 2);
  RecordingReporter reporter_;
  std::stop_source stop_;
};

TEST_F(WorkerTrainingTest, TrainsAndLeavesCheckpoints) {
  const worker::v1::Finished finished = Run();
  EXPECT_EQ(finished.outcome(), worker::v1::OUTCOME_SUCCEEDED) << finished.error().message();
  EXPECT_TRUE(std::filesystem::exists(
      directory_.Path("runs/tiny-1/checkpoints/step-000000016/model.safetensors")));
  int epochs = 0;
  for (const v1::Event& event : reporter_.events) epochs += event.has_epoch_finished();
  EXPECT_EQ(epochs, 2);
}

TEST_F(WorkerTrainingTest, AnAbsentDatasetIsAFailureOfTheUser) {
  assignment_.mutable_recipe()->mutable_data()->set_dataset("absent");
  const worker::v1::Finished finished = Run();
  EXPECT_EQ(finished.outcome(), worker::v1::OUTCOME_FAILED);
  EXPECT_EQ(finished.error().failure_class(), v1::FAILURE_CLASS_USER);
  EXPECT_THAT(finished.error().message(), testing::HasSubstr("absent"));
}

TEST_F(WorkerTrainingTest, ADamagedDatasetIsAFailureOfTheUser) {
  WriteFile(directory_.Path("sets/tiny/t10k-images-idx3-ubyte"), "not an IDX file");
  const worker::v1::Finished finished = Run();
  EXPECT_EQ(finished.error().failure_class(), v1::FAILURE_CLASS_USER);
  EXPECT_THAT(finished.error().message(), testing::HasSubstr("t10k-images-idx3-ubyte"));
}

TEST_F(WorkerTrainingTest, ADatasetThatHasChangedIsAFailureOfTheUser) {
  assignment_.mutable_recipe()->mutable_data()->set_dataset_sha256(std::string(64, 'a'));
  const worker::v1::Finished finished = Run();
  EXPECT_EQ(finished.error().failure_class(), v1::FAILURE_CLASS_USER);
  EXPECT_THAT(finished.error().message(), testing::HasSubstr("not the data that the run was"));
}

TEST_F(WorkerTrainingTest, NoPlaceForCheckpointsIsAFailureOfTheSystem) {
  WriteFile(directory_.Path("runs"), "a file");
  const worker::v1::Finished finished = Run();
  EXPECT_EQ(finished.error().failure_class(), v1::FAILURE_CLASS_SYSTEM);
  EXPECT_THAT(finished.error().message(), testing::HasSubstr("runs"));
}

TEST_F(WorkerTrainingTest, AStopEndsTheTraining) {
  stop_.request_stop();
  EXPECT_EQ(Run().outcome(), worker::v1::OUTCOME_STOPPED);
}

TEST_F(WorkerTrainingTest, StopsAfterTheEpochThatItIsToldAndGoesOnToTheSameWeights) {
  assignment_ = MakeTinyAssignment(directory_, 3);
  assignment_.mutable_execution()->mutable_checkpoints()->set_every_epochs(3);
  ASSERT_EQ(Run().outcome(), worker::v1::OUTCOME_SUCCEEDED);
  const std::string whole = ReadFile(Weights("tiny-1", 24));

  assignment_.set_checkpoint_directory(directory_.Path("runs/tiny-2/checkpoints"));
  assignment_.set_stop_after_epoch(1);
  EXPECT_EQ(Run().outcome(), worker::v1::OUTCOME_STOPPED);
  EXPECT_TRUE(std::filesystem::exists(Weights("tiny-2", 8)));
  EXPECT_FALSE(std::filesystem::exists(Weights("tiny-2", 16)));
  // Told the same again, it stands where it is to stop.
  EXPECT_EQ(Run().outcome(), worker::v1::OUTCOME_STOPPED);
  assignment_.set_stop_after_epoch(0);
  EXPECT_EQ(Run().outcome(), worker::v1::OUTCOME_SUCCEEDED);
  EXPECT_EQ(ReadFile(Weights("tiny-2", 24)), whole);
}

TEST_F(WorkerTrainingTest, TrainingsSideBySideGiveTheWeightsOfOneAlone) {
  ASSERT_EQ(Run().outcome(), worker::v1::OUTCOME_SUCCEEDED);
  const std::string alone = ReadFile(Weights("tiny-1", 16));
  std::vector<std::thread> threads;
  for (int n = 2; n <= 6; ++n) {
    threads.emplace_back([this, n] {
      worker::v1::Assignment assignment = assignment_;
      assignment.set_checkpoint_directory(
          directory_.Path(absl::StrCat("runs/tiny-", n, "/checkpoints")));
      RecordingReporter reporter;
      EXPECT_EQ(RunAssignment(assignment, reporter, stop_.get_token()).outcome(),
                worker::v1::OUTCOME_SUCCEEDED);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int n = 2; n <= 6; ++n) {
    EXPECT_EQ(ReadFile(Weights(absl::StrCat("tiny-", n), 16)), alone);
  }
}

}  // namespace
}  // namespace traind
