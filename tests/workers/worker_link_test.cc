#include "server/worker_link/worker_link.h"

#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "server/workers/worker_server.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"
#include "tests/workers/recording_handler.h"

namespace traind {
namespace {

const AttemptKey kAttempt{"s4-1", 1};

v1::Event StepEvent(int64_t step) {
  v1::Event event;
  event.mutable_train_step()->set_step(step);
  return event;
}

worker::v1::Finished Succeeded() {
  worker::v1::Finished finished;
  finished.set_outcome(worker::v1::OUTCOME_SUCCEEDED);
  return finished;
}

// A worker server and a link to it over a real socket, in one process.
class WorkerLinkTest : public testing::Test {
 protected:
  WorkerLinkTest() {
    options_.socket_path = WorkerServer::SocketPath(directory_.Path("workers"));
    options_.attempt = kAttempt;
    options_.note = [this](absl::string_view text) {
      note_ = std::string(text);
      noted_.Notify();
    };
  }

  void StartServer() {
    absl::StatusOr<std::unique_ptr<WorkerServer>> server = WorkerServer::Start(
        {.socket_directory = directory_.Path("workers"), .limits = {}}, handler_);
    ASSERT_OK(server);
    server_ = *std::move(server);
  }

  void Attach() {
    absl::StatusOr<std::unique_ptr<WorkerLink>> link = WorkerLink::Attach(options_, stop_);
    ASSERT_OK(link);
    link_ = *std::move(link);
  }

  // Waits for the link to ask for a stop.
  bool WaitForStop() {
    absl::Notification stopped;
    const std::stop_callback callback(stop_.get_token(), [&] { stopped.Notify(); });
    return stopped.WaitForNotificationWithTimeout(RecordingHandler::kWaitMax);
  }

  absl::Status Finish() { return link_->Finish(Succeeded(), RecordingHandler::kWaitMax); }

  TempDirectory directory_;
  RecordingHandler handler_{kAttempt};
  WorkerLink::Options options_;
  std::string note_;
  absl::Notification noted_;
  std::stop_source stop_;
  std::unique_ptr<WorkerServer> server_;
  std::unique_ptr<WorkerLink> link_;
};

TEST_F(WorkerLinkTest, AHelloBringsTheAssignment) {
  StartServer();
  Attach();
  EXPECT_EQ(link_->assignment().recipe().name(), "s4");
  EXPECT_EQ(link_->assignment().datasets_directory(), "/data/sets");
  EXPECT_EQ(handler_.pid(), getpid());
}

TEST_F(WorkerLinkTest, AStaleAttemptIsRefusedWithTheServersWords) {
  StartServer();
  options_.attempt = {"s4-1", 2};
  EXPECT_THAT(WorkerLink::Attach(options_, stop_),
              StatusIs(absl::StatusCode::kFailedPrecondition, "attempt s4-1/2 is stale"));
}

TEST_F(WorkerLinkTest, ASecondWorkerOfAnAttemptIsRefused) {
  StartServer();
  Attach();
  EXPECT_THAT(WorkerLink::Attach(options_, std::stop_source()),
              StatusIs(absl::StatusCode::kAlreadyExists, "has a worker attached already"));
}

TEST_F(WorkerLinkTest, AnAttemptMayAttachAgainAfterItsLinkIsGone) {
  StartServer();
  Attach();
  ASSERT_OK(Finish());
  link_.reset();
  server_->Shutdown(absl::Now() + RecordingHandler::kWaitMax);
  StartServer();
  Attach();
}

TEST_F(WorkerLinkTest, NoServerIsUnavailable) {
  options_.attach_timeout = absl::Milliseconds(50);
  EXPECT_THAT(WorkerLink::Attach(options_, stop_),
              StatusIs(absl::StatusCode::kUnavailable, options_.socket_path));
}

TEST_F(WorkerLinkTest, EventsArriveInOrderAndOnce) {
  StartServer();
  Attach();
  for (int64_t step = 1; step <= 5000; ++step) link_->Report(StepEvent(step));
  ASSERT_OK(Finish());
  const std::vector<v1::Event> events = handler_.events();
  ASSERT_EQ(events.size(), 5000u);
  for (int64_t step = 1; step <= 5000; ++step) {
    ASSERT_EQ(events[static_cast<size_t>(step - 1)].train_step().step(), step);
  }
}

TEST_F(WorkerLinkTest, FlushReturnsWhenTheServerHasEveryEvent) {
  StartServer();
  Attach();
  for (int64_t step = 1; step <= 1000; ++step) link_->Report(StepEvent(step));
  EXPECT_OK(link_->Flush());
  EXPECT_EQ(handler_.events().size(), 1000u);
}

TEST_F(WorkerLinkTest, FlushWaitsForASlowServer) {
  StartServer();
  Attach();
  handler_.SetOpen(false);
  link_->Report(StepEvent(1));
  absl::Notification flushed;
  std::thread training([&] {
    EXPECT_OK(link_->Flush());
    flushed.Notify();
  });
  EXPECT_FALSE(flushed.WaitForNotificationWithTimeout(absl::Milliseconds(50)));
  handler_.SetOpen(true);
  training.join();
  EXPECT_EQ(handler_.events().size(), 1u);
}

TEST_F(WorkerLinkTest, FlushIsUnavailableOnceTheServerIsGone) {
  StartServer();
  Attach();
  server_->Shutdown(absl::Now());
  EXPECT_TRUE(WaitForStop());
  link_->Report(StepEvent(1));
  EXPECT_THAT(link_->Flush(), StatusIs(absl::StatusCode::kUnavailable, "the server is gone"));
}

TEST_F(WorkerLinkTest, ABatchHoldsAtMostItsLimit) {
  StartServer();
  options_.limits.worker_batch_events_max = 10;
  Attach();
  for (int64_t step = 1; step <= 95; ++step) link_->Report(StepEvent(step));
  ASSERT_OK(Finish());
  EXPECT_EQ(handler_.events().size(), 95u);
  EXPECT_THAT(handler_.batch_sizes(), testing::Each(testing::Le(10)));
}

TEST_F(WorkerLinkTest, WhatIsReportedWhileTheServerStoresComesInOneBatch) {
  StartServer();
  Attach();
  handler_.SetOpen(false);
  for (int64_t step = 1; step <= 200; ++step) link_->Report(StepEvent(step));
  handler_.SetOpen(true);
  ASSERT_OK(Finish());
  EXPECT_EQ(handler_.events().size(), 200u);
  EXPECT_LE(handler_.batch_sizes().size(), 2u);
}

TEST_F(WorkerLinkTest, EventsInQuickSuccessionComeTogetherAndAloneAtOnce) {
  StartServer();
  options_.batch_interval_min = absl::Hours(1);
  Attach();
  link_->Report(StepEvent(1));
  ASSERT_TRUE(handler_.WaitForEvents(1));
  for (int64_t step = 2; step <= 101; ++step) link_->Report(StepEvent(step));
  ASSERT_OK(link_->Flush());
  EXPECT_THAT(handler_.batch_sizes(), testing::ElementsAre(1, 100));
}

TEST_F(WorkerLinkTest, AFullBatchWaitsForNoOther) {
  StartServer();
  options_.batch_interval_min = absl::Hours(1);
  options_.limits.worker_batch_events_max = 10;
  Attach();
  link_->Report(StepEvent(1));
  ASSERT_TRUE(handler_.WaitForEvents(1));
  for (int64_t step = 2; step <= 11; ++step) link_->Report(StepEvent(step));
  EXPECT_TRUE(handler_.WaitForEvents(11));
}

TEST_F(WorkerLinkTest, ReportReturnsAtOnceWhileTheServerIsSlow) {
  StartServer();
  Attach();
  handler_.SetOpen(false);
  for (int64_t step = 1; step <= 2000; ++step) link_->Report(StepEvent(step));
  handler_.SetOpen(true);
  EXPECT_TRUE(handler_.WaitForEvents(2000));
}

TEST_F(WorkerLinkTest, AFullQueueIsNotedAndLosesNothing) {
  StartServer();
  options_.queued_events_max = 100;
  options_.limits.worker_batch_events_max = 1;
  Attach();
  handler_.SetOpen(false);
  // Far more than the queue holds.
  constexpr int64_t kCount = 1000;
  std::thread training([&] {
    for (int64_t step = 1; step <= kCount; ++step) {
      v1::Event event = StepEvent(step);
      event.set_run_id(std::string(1000, 'r'));
      link_->Report(event);
    }
  });
  EXPECT_TRUE(noted_.WaitForNotificationWithTimeout(RecordingHandler::kWaitMax));
  handler_.SetOpen(true);
  training.join();
  EXPECT_TRUE(handler_.WaitForEvents(kCount));
  EXPECT_EQ(note_, "100 events wait for the server: the training waits too");
}

TEST_F(WorkerLinkTest, ProgressIsSentAtMostOncePerInterval) {
  StartServer();
  // One a second: the others come long before the next one is due.
  options_.limits.progress_per_second_max = 1;
  Attach();
  v1::Progress progress;
  progress.set_step_in_epoch(1);
  link_->ReportProgress(progress);
  ASSERT_TRUE(handler_.WaitForProgress(1));
  for (int64_t step = 2; step <= 100; ++step) {
    progress.set_step_in_epoch(step);
    link_->ReportProgress(progress);
  }
  ASSERT_TRUE(handler_.WaitForProgress(2));
  EXPECT_EQ(handler_.progress()[0].step_in_epoch(), 1);
  EXPECT_EQ(handler_.progress()[1].step_in_epoch(), 100);
}

TEST_F(WorkerLinkTest, ASilentWorkerSendsHeartbeats) {
  StartServer();
  options_.heartbeat_interval = absl::Milliseconds(5);
  Attach();
  EXPECT_TRUE(handler_.WaitForHeartbeats(3));
}

TEST_F(WorkerLinkTest, FinishedIsAcknowledgedAfterEveryEvent) {
  StartServer();
  Attach();
  for (int64_t step = 1; step <= 300; ++step) link_->Report(StepEvent(step));
  worker::v1::Finished finished;
  finished.set_outcome(worker::v1::OUTCOME_FAILED);
  finished.mutable_error()->set_message("loss is not finite");
  ASSERT_OK(link_->Finish(finished, RecordingHandler::kWaitMax));
  EXPECT_EQ(handler_.events().size(), 300u);
  EXPECT_EQ(handler_.finished()->error().message(), "loss is not finite");
  EXPECT_FALSE(stop_.stop_requested());
}

TEST_F(WorkerLinkTest, FinishWaitsNoLongerThanItsTimeout) {
  StartServer();
  Attach();
  handler_.SetOpen(false);
  link_->Report(StepEvent(1));
  EXPECT_THAT(link_->Finish(Succeeded(), absl::Milliseconds(50)),
              StatusIs(absl::StatusCode::kDeadlineExceeded, "within 50ms"));
  handler_.SetOpen(true);
}

TEST_F(WorkerLinkTest, AStopFromTheServerReachesTheTraining) {
  StartServer();
  Attach();
  EXPECT_FALSE(stop_.stop_requested());
  server_->RequestStop(kAttempt, absl::Seconds(20));
  EXPECT_TRUE(WaitForStop());
  EXPECT_OK(Finish());
}

TEST_F(WorkerLinkTest, AStopForAnotherAttemptDoesNotReachIt) {
  StartServer();
  Attach();
  server_->RequestStop({"s4-2", 1}, absl::Seconds(20));
  EXPECT_OK(Finish());
  EXPECT_FALSE(stop_.stop_requested());
}

TEST_F(WorkerLinkTest, AServerThatGoesAwayStopsTheTraining) {
  StartServer();
  Attach();
  server_->Shutdown(absl::Now());
  EXPECT_TRUE(WaitForStop());
  EXPECT_FALSE(Finish().ok());
}

TEST_F(WorkerLinkTest, AServerThatCannotStoreStopsTheTrainingAndSaysWhy) {
  StartServer();
  Attach();
  handler_.FailEventsWith(absl::ResourceExhaustedError("disk full"));
  link_->Report(StepEvent(1));
  EXPECT_TRUE(WaitForStop());
  EXPECT_THAT(Finish(), StatusIs(absl::StatusCode::kResourceExhausted, "disk full"));
}

TEST_F(WorkerLinkTest, ReportsAfterABrokenStreamReturnAtOnce) {
  StartServer();
  options_.queued_events_max = 10;
  Attach();
  server_->Shutdown(absl::Now());
  ASSERT_TRUE(WaitForStop());
  for (int64_t step = 1; step <= 100; ++step) link_->Report(StepEvent(step));
}

TEST_F(WorkerLinkTest, ALinkMayGoAwayWithoutFinishing) {
  StartServer();
  Attach();
  link_->Report(StepEvent(1));
  link_.reset();
  server_->Shutdown(absl::Now() + RecordingHandler::kWaitMax);
  EXPECT_EQ(handler_.finished(), std::nullopt);
}

}  // namespace
}  // namespace traind
