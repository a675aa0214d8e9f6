#include "server/worker_training.h"

#include <filesystem>
#include <vector>

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

}  // namespace
}  // namespace traind
