// How attempts end, as observers are told: exactly once each, with the reason.

#include <functional>

#include "gmock/gmock.h"
#include "server/runs/run_state.h"
#include "tests/runs/run_service_fixture.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Notes each attempt's end as `<attempt> <end> <state of the run>`.
class EndRecorder : public RunObserver {
 public:
  void OnEvent(const v1::Run& run, const v1::Event& event) override {}
  void OnProgress(const v1::Run& run, const v1::Progress& progress) override {}
  void OnAttemptEnded(const v1::Run& run, AttemptEnd end) override {
    static constexpr const char* kNames[] = {"finished", "stopped", "failed", "lost"};
    ends.push_back(absl::StrCat(run.attempts_size(), " ", kNames[static_cast<int>(end)], " ",
                                StateName(run.state())));
  }

  std::vector<std::string> ends;
};

class AttemptEndTest : public RunServiceFixture {
 protected:
  AttemptEndTest() {
    observers_ = {&recorder_};
    Restart();
  }

  void Cancel(bool force) {
    v1::CancelRunRequest request;
    request.set_run_id(attempt_.run_id);
    request.set_force(force);
    ASSERT_OK(service_->Cancel(request));
  }
  static worker::v1::Finished Failure(v1::FailureClass failure_class) {
    worker::v1::Finished finished = Finished(worker::v1::OUTCOME_FAILED);
    finished.mutable_error()->set_failure_class(failure_class);
    return finished;
  }
  void Finish(const worker::v1::Finished& finished) {
    ASSERT_OK(service_->OnWorkerFinished(attempt_, finished));
  }

  EndRecorder recorder_;
  AttemptKey attempt_;
};

TEST_F(AttemptEndTest, EachWayToEndHasItsReason) {
  const struct {
    const char* what;
    std::function<void()> act;
    const char* end;
  } cases[] = {
      {"all epochs are done",
       [&] {
         ASSERT_OK(service_->OnWorkerEvents(attempt_, {CheckpointWritten(1, true)}));
         Finish(Finished(worker::v1::OUTCOME_SUCCEEDED));
       },
       "1 finished SUCCEEDED"},
      {"there is nothing to publish", [&] { Finish(Finished(worker::v1::OUTCOME_SUCCEEDED)); },
       "1 failed FAILED"},
      {"the recipe is at fault", [&] { Finish(Failure(v1::FAILURE_CLASS_USER)); },
       "1 failed FAILED"},
      {"memory is used up", [&] { Finish(Failure(v1::FAILURE_CLASS_RESOURCE)); },
       "1 failed FAILED"},
      {"the worker reports a fault of the system",
       [&] { Finish(Failure(v1::FAILURE_CLASS_SYSTEM)); }, "1 lost FAILED"},
      {"the worker stops unasked", [&] { Finish(Finished(worker::v1::OUTCOME_STOPPED)); },
       "1 lost FAILED"},
      {"the worker crashes", [] {}, "1 lost FAILED"},
      {"a user cancels",
       [&] {
         Cancel(/*force=*/false);
         Finish(Finished(worker::v1::OUTCOME_STOPPED));
       },
       "1 stopped CANCELLED"},
      {"a user cancels and the worker does not stop", [&] { Cancel(/*force=*/false); },
       "1 stopped CANCELLED"},
      {"a user kills", [&] { Cancel(/*force=*/true); }, "1 stopped CANCELLED"},
      {"the server shuts down",
       [&] {
         service_->Drain(absl::Seconds(1));
         Finish(Finished(worker::v1::OUTCOME_STOPPED));
       },
       "1 stopped RUNNING"},
      {"the server shuts down and the worker does not stop",
       [&] { service_->Drain(absl::Seconds(1)); }, "1 stopped RUNNING"},
  };
  for (const auto& a_case : cases) {
    SCOPED_TRACE(a_case.what);
    Restart();
    recorder_.ends.clear();
    attempt_ = StartRunning();
    a_case.act();
    // The process goes at last, whatever came before.
    service_->OnWorkerExited(attempt_, "exited");
    service_->OnWorkerExited(attempt_, "exited");
    EXPECT_THAT(recorder_.ends, ElementsAre(a_case.end));
  }
}

TEST_F(AttemptEndTest, AWorkerThatCannotBeStartedIsLost) {
  launcher_.launch_status = absl::NotFoundError("no worker");
  Start();
  EXPECT_THAT(recorder_.ends, ElementsAre("1 lost FAILED"));
}

TEST_F(AttemptEndTest, EveryAttemptOfARetriedRunIsTold) {
  v1::StartTrainingRequest request = Request();
  request.mutable_execution()->set_max_retries(1);
  ASSERT_OK(service_->Start(request));
  service_->OnWorkerExited({"tiny-1", 1}, "killed");
  service_->OnWorkerExited({"tiny-1", 2}, "killed");
  EXPECT_THAT(recorder_.ends, ElementsAre("1 lost QUEUED", "2 lost FAILED"));
}

TEST_F(AttemptEndTest, ARunThatWaitsHasNoAttemptToEnd) {
  Start();
  const std::string waiting = Start().id();
  v1::CancelRunRequest request;
  request.set_run_id(waiting);
  ASSERT_OK(service_->Cancel(request));
  EXPECT_THAT(recorder_.ends, IsEmpty());
}

TEST_F(AttemptEndTest, AnAttemptOfAnEarlierServerIsNotThisOnesToTell) {
  StartRunning();
  Restart();
  ASSERT_OK(service_->Reconcile());
  EXPECT_THAT(recorder_.ends, IsEmpty());
}

}  // namespace
}  // namespace traind
