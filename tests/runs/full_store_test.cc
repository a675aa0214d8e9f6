// Runs whose end comes while the store can take nothing, as on a full disk.

#include "tests/runs/run_service_fixture.h"

namespace traind {
namespace {

class FullStoreTest : public RunServiceFixture {
 protected:
  void Fill() { store_.FailWritesWith(absl::ResourceExhaustedError("disk full; free some")); }
  void MakeRoom() { store_.FailWritesWith(absl::OkStatus()); }
};

TEST_F(FullStoreTest, ARunWhoseEndCouldNotBeStoredIsEndedOnceThereIsRoom) {
  const AttemptKey attempt = StartRunning();
  Fill();
  service_->OnWorkerExited(attempt, "killed by signal 9 (SIGKILL)");
  MakeRoom();
  service_->Tick();
  EXPECT_EQ(Get("tiny-1").state(), v1::RUN_STATE_FAILED);
}

TEST_F(FullStoreTest, AFullDiskUnderItsEventsIsTheRunsFailureAndNotALostWorker) {
  const AttemptKey attempt = StartRunning();
  Fill();
  EXPECT_THAT(service_->OnWorkerEvents(attempt, {EpochFinished(1, 5)}),
              StatusIs(absl::StatusCode::kResourceExhausted, "disk full"));
  MakeRoom();
  service_->OnWorkerExited(attempt, "exited with code 1");
  EXPECT_EQ(Get("tiny-1").error().failure_class(), v1::FAILURE_CLASS_RESOURCE);
  EXPECT_THAT(Get("tiny-1").error().message(), testing::HasSubstr("disk full"));
}

}  // namespace
}  // namespace traind
