#include "server/serving/predict_service.h"

#include <cstring>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "tests/serving/serving_fakes.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Answer = absl::StatusOr<Predicted>;

// Keeps every outcome. Thread-safe.
class RecordingObserver : public PredictObserver {
 public:
  void OnPredict(const PredictOutcome& outcome) override {
    absl::MutexLock lock(&mutex_);
    outcomes_.push_back(outcome);
  }
  void OnStuck(const StuckExecution& execution) override {
    absl::MutexLock lock(&mutex_);
    stuck_.push_back(execution);
  }
  std::vector<StuckExecution> stuck() {
    absl::MutexLock lock(&mutex_);
    return stuck_;
  }
  std::vector<PredictOutcome> outcomes() {
    absl::MutexLock lock(&mutex_);
    return outcomes_;
  }

 private:
  absl::Mutex mutex_;
  std::vector<PredictOutcome> outcomes_;
  std::vector<StuckExecution> stuck_;
};

// One Predict on its way: rows of two numbers for a model.
struct Call {
  explicit Call(std::string model = "two", int64_t rows = 1)
      : shape{rows, 1, 1, 2}, bytes(static_cast<size_t>(rows) * 8, '\0') {
    call.model = std::move(model);
  }

  const Answer& Wait() {
    done.WaitForNotification();
    return answer;
  }

  PredictCall call;
  std::vector<int64_t> shape;
  std::string bytes;
  std::atomic<bool> cancelled = false;
  std::atomic<int> answers = 0;
  absl::Notification done;
  Answer answer;
};

class PredictServiceTest : public ::testing::Test {
 protected:
  PredictServiceTest()
      : store_({TwoClassVersion(1, "other"), TwoClassVersion(1), TwoClassVersion(2)}),
        loader_(execution_) {
    options_.limits.predict_queue_max = 2;
    options_.limits.loaded_models_max = 2;
  }

  void StartService() {
    service_ = std::make_unique<PredictService>(options_, store_, loader_, &observer_, clock_);
  }

  Call& Send(std::unique_ptr<Call> sent) {
    Call& call = *calls_.emplace_back(std::move(sent));
    call.call.inputs = {{"x", v1::DATA_TYPE_FP32, call.shape, call.bytes}};
    call.call.is_cancelled = [&call] { return call.cancelled.load(); };
    service_->Predict(call.call, [&call](Answer answer) {
      ++call.answers;
      call.answer = std::move(answer);
      call.done.Notify();
    });
    return call;
  }
  Call& Send(const std::string& model = "two", int64_t rows = 1,
             absl::Duration deadline = absl::InfiniteDuration()) {
    auto call = std::make_unique<Call>(model, rows);
    call->call.deadline = deadline;
    return Send(std::move(call));
  }
  Call& SendTo(int64_t version) {
    auto call = std::make_unique<Call>();
    call->call.version = version;
    return Send(std::move(call));
  }
  // A call that keeps the only thread busy until Release.
  Call& Hold() {
    execution_.hold = true;
    StartService();
    Call& call = Send();
    execution_.begun.WaitForNotification();
    return call;
  }
  void Release() { execution_.release.Notify(); }
  std::vector<int64_t> Batches() {
    absl::MutexLock lock(&execution_.mutex);
    return execution_.batches;
  }

  FakeModelStore store_;
  FakeExecution execution_;
  FakeExecutorLoader loader_;
  RecordingObserver observer_;
  FakeClock clock_;
  PredictService::Options options_;
  std::unique_ptr<PredictService> service_;
  std::vector<std::unique_ptr<Call>> calls_;
};

TEST_F(PredictServiceTest, TheNewestVersionAnswersWithClassesLogitsAndProbabilities) {
  StartService();
  const Answer& answer = Send("two", 2).Wait();
  ASSERT_OK(answer);
  EXPECT_EQ(answer->version->version(), 2);
  EXPECT_EQ(answer->prediction.row_count, 2);
  EXPECT_THAT(answer->prediction.classes, ElementsAre(1, 1));
  EXPECT_THAT(answer->prediction.logits, ElementsAre(0, 1, 0, 1));
  EXPECT_THAT(answer->prediction.probabilities, ElementsAre(0.25f, 0.75f, 0.25f, 0.75f));
}

TEST_F(PredictServiceTest, AVersionCanBeNamed) {
  StartService();
  EXPECT_EQ(SendTo(1).Wait()->version->version(), 1);
}

TEST_F(PredictServiceTest, AnAliasAnswersWithTheVersionThatItPointsTo) {
  StartService();
  ASSERT_OK(store_.SetAlias("two", "production", 1, absl::UnixEpoch()));
  auto call = std::make_unique<Call>();
  call->call.alias = "production";
  EXPECT_EQ(Send(std::move(call)).Wait()->version->version(), 1);
}

TEST_F(PredictServiceTest, UnknownModelsVersionsAndAliasesAreNotFound) {
  StartService();
  auto alias = std::make_unique<Call>();
  alias->call.alias = "production";
  for (Call* call : {&Send("nope"), &SendTo(9), &Send(std::move(alias))}) {
    EXPECT_EQ(call->Wait().status().code(), absl::StatusCode::kNotFound);
  }
}

TEST_F(PredictServiceTest, ARequestWithoutAModelOrWithABadVersionIsRefused) {
  StartService();
  EXPECT_THAT(Send("").Wait(), StatusIs(absl::StatusCode::kInvalidArgument, "model: expected"));
  EXPECT_THAT(SendTo(-1).Wait(), StatusIs(absl::StatusCode::kInvalidArgument, "version: expected"));
}

TEST_F(PredictServiceTest, ABadTensorNeverReachesTheExecutor) {
  StartService();
  auto call = std::make_unique<Call>();
  call->bytes = "short";
  EXPECT_EQ(Send(std::move(call)).Wait().status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(execution_.loads, 0);
}

TEST_F(PredictServiceTest, AVersionIsLoadedOnceAndKept) {
  StartService();
  ASSERT_OK(Send().Wait());
  ASSERT_OK(Send().Wait());
  EXPECT_EQ(execution_.loads, 1);
}

TEST_F(PredictServiceTest, ALoadThatFailsIsTheRequestsErrorAndIsTriedAgain) {
  execution_.load_status = absl::DataLossError("model.safetensors: wrong SHA-256");
  StartService();
  EXPECT_THAT(Send().Wait(), StatusIs(absl::StatusCode::kDataLoss, "SHA-256"));
  execution_.load_status = absl::OkStatus();
  EXPECT_OK(Send().Wait());
}

TEST_F(PredictServiceTest, WhileOneModelLoadsOthersAnswer) {
  StartService();
  ASSERT_OK(Send("other").Wait());
  execution_.hold_load = true;
  Call& loading = Send("two");
  execution_.load_begun.WaitForNotification();
  EXPECT_OK(Send("other").Wait());
  EXPECT_FALSE(loading.done.HasBeenNotified());
  execution_.load_release.Notify();
  EXPECT_OK(loading.Wait());
}

TEST_F(PredictServiceTest, WhatWaitsIsComputedTogetherAndEachGetsItsOwnRows) {
  Call& running = Hold();
  auto first = std::make_unique<Call>("two", 2);
  auto second = std::make_unique<Call>("two", 1);
  const float numbers[] = {3, 4, 5};
  std::memcpy(first->bytes.data(), &numbers[0], 4);
  std::memcpy(first->bytes.data() + 8, &numbers[1], 4);
  std::memcpy(second->bytes.data(), &numbers[2], 4);
  Call& first_call = Send(std::move(first));
  Call& second_call = Send(std::move(second));
  Release();
  ASSERT_OK(running.Wait());
  ASSERT_OK(first_call.Wait());
  ASSERT_OK(second_call.Wait());
  EXPECT_THAT(Batches(), ElementsAre(1, 3));
  EXPECT_THAT(first_call.answer->prediction.logits, ElementsAre(3, 1, 4, 1));
  EXPECT_THAT(second_call.answer->prediction.logits, ElementsAre(5, 1));
}

TEST_F(PredictServiceTest, AFullQueueRefusesByTheNameOfTheLimit) {
  Call& running = Hold();
  Call& second = Send();
  Call& third = Send();
  EXPECT_THAT(Send().Wait(), StatusIs(absl::StatusCode::kResourceExhausted, "predict_queue_max"));
  Release();
  for (Call* call : {&running, &second, &third}) EXPECT_OK(call->Wait());
}

TEST_F(PredictServiceTest, ACancelledCallMakesRoomForAnother) {
  Call& running = Hold();
  Call& gone = Send();
  Call& stays = Send();
  gone.cancelled = true;
  Call& next = Send();
  EXPECT_EQ(gone.Wait().status().code(), absl::StatusCode::kCancelled);
  Release();
  for (Call* call : {&running, &stays, &next}) EXPECT_OK(call->Wait());
}

TEST_F(PredictServiceTest, ARequestWhoseTimeIsUpIsDroppedBeforeItRuns) {
  Hold();
  Call& late = Send("two", 1, clock_.Monotonic() + absl::Seconds(1));
  clock_.Advance(absl::Seconds(2));
  Release();
  EXPECT_THAT(late.Wait(), StatusIs(absl::StatusCode::kDeadlineExceeded, "2s in the queue"));
  EXPECT_EQ(execution_.runs, 1);
}

TEST_F(PredictServiceTest, AnExecutionThatDoesNotComeBackIsReportedOnce) {
  std::vector<std::string> told;
  options_.on_stuck = [&](const StuckExecution& execution) {
    told.push_back(absl::StrCat(execution.model, "/", execution.version, " ",
                                absl::FormatDuration(execution.elapsed)));
  };
  Call& running = Hold();
  clock_.Advance(options_.limits.predict_stuck_timeout - absl::Seconds(1));
  service_->Watch();
  EXPECT_EQ(service_->stuck_count(), 0);
  clock_.Advance(absl::Seconds(1));
  service_->Watch();
  service_->Watch();
  EXPECT_THAT(told, ElementsAre("two/2 30s"));
  EXPECT_EQ(service_->stuck_count(), 1);
  ASSERT_EQ(observer_.stuck().size(), 1u);
  EXPECT_EQ(observer_.stuck()[0].row_count, 1);
  Release();
  EXPECT_OK(running.Wait());
  service_.reset();
}

TEST_F(PredictServiceTest, AVersionIsInTroubleWhileAnExecutionOfItIsStuck) {
  options_.thread_count = 2;
  Call& running = Hold();
  EXPECT_EQ(service_->TroubleOf("two", 2), "");
  clock_.Advance(options_.limits.predict_stuck_timeout);
  service_->Watch();
  EXPECT_THAT(service_->TroubleOf("two", 2), HasSubstr("does not come back"));
  EXPECT_EQ(service_->TroubleOf("two", 1), "");
  Release();
  EXPECT_OK(running.Wait());
  while (service_->stuck_count() > 0) std::this_thread::yield();
  EXPECT_EQ(service_->TroubleOf("two", 2), "");
}

TEST_F(PredictServiceTest, AnotherExecutorEndsTheTroubleOfAStuckOne) {
  options_.thread_count = 2;
  Call& running = Hold();
  clock_.Advance(options_.limits.predict_stuck_timeout);
  service_->Watch();
  ASSERT_NE(service_->TroubleOf("two", 2), "");
  service_->pool().Unload("two", 2);
  EXPECT_OK(Send().Wait());
  EXPECT_EQ(service_->TroubleOf("two", 2), "");
  EXPECT_EQ(service_->stuck_count(), 1);
  Release();
  EXPECT_OK(running.Wait());
}

TEST_F(PredictServiceTest, EveryVersionIsInTroubleWhenNoThreadComesBack) {
  Call& running = Hold();
  clock_.Advance(options_.limits.predict_stuck_timeout);
  service_->Watch();
  EXPECT_THAT(service_->TroubleOf("other", 1), HasSubstr("every executor thread"));
  Release();
  EXPECT_OK(running.Wait());
}

TEST_F(PredictServiceTest, AVersionIsInTroubleFromAFailedLoadToOneThatSucceeds) {
  execution_.load_status = absl::DataLossError("no weights");
  StartService();
  EXPECT_EQ(service_->TroubleOf("two", 2), "");
  Send().Wait();
  EXPECT_EQ(service_->TroubleOf("two", 2), "no weights");
  EXPECT_EQ(service_->TroubleOf("two", 1), "");
  execution_.load_status = absl::OkStatus();
  EXPECT_OK(Send().Wait());
  EXPECT_EQ(service_->TroubleOf("two", 2), "");
}

TEST_F(PredictServiceTest, TheStateNamesVersionsThatWereAskedFor) {
  StartService();
  EXPECT_OK(Send().Wait());
  execution_.load_status = absl::DataLossError("no weights");
  SendTo(1).Wait();
  ASSERT_OK(service_->LookUp("other", 1, ""));
  const ServingState state = service_->State();
  EXPECT_TRUE(state.is_ready);
  ASSERT_EQ(state.versions.size(), 2u);
  EXPECT_EQ(state.versions[0].version, 1);
  EXPECT_FALSE(state.versions[0].is_ready);
  EXPECT_EQ(state.versions[1].version, 2);
  EXPECT_TRUE(state.versions[1].is_ready);
}

TEST_F(PredictServiceTest, ARefusalOfABorderIsObserved) {
  StartService();
  const v1::ModelVersion version = TwoClassVersion(2);
  const absl::Duration arrival = clock_.Monotonic();
  clock_.Advance(absl::Milliseconds(3));
  service_->CountRefusal(&version, absl::InvalidArgumentError("x"), arrival);
  service_->CountRefusal(nullptr, absl::NotFoundError("y"), arrival);
  const std::vector<PredictOutcome> outcomes = observer_.outcomes();
  ASSERT_EQ(outcomes.size(), 2u);
  EXPECT_EQ(outcomes[0].model, "two");
  EXPECT_EQ(outcomes[0].version, 2);
  EXPECT_EQ(outcomes[0].code, absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(outcomes[0].total_time, absl::Milliseconds(3));
  EXPECT_EQ(outcomes[1].model, "");
  EXPECT_EQ(outcomes[1].code, absl::StatusCode::kNotFound);
}

TEST_F(PredictServiceTest, CallsOfAStuckExecutionAreAnsweredAtTheirDeadlineAndOnlyOnce) {
  execution_.hold = true;
  StartService();
  Call& running = Send("two", 1, clock_.Monotonic() + absl::Seconds(5));
  execution_.begun.WaitForNotification();
  service_->Watch();
  EXPECT_EQ(running.answers, 0);
  clock_.Advance(absl::Seconds(6));
  service_->Watch();
  EXPECT_THAT(running.Wait(),
              StatusIs(absl::StatusCode::kDeadlineExceeded, "after 6s, while the model ran"));
  // As a client's request is freed once it is answered.
  running.bytes.assign(running.bytes.size(), 'x');
  service_->Watch();
  Release();
  service_.reset();
  EXPECT_EQ(running.answers, 1);
  const std::vector<PredictOutcome> outcomes = observer_.outcomes();
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_EQ(outcomes[0].code, absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(outcomes[0].model, "two");
  EXPECT_EQ(outcomes[0].total_time, absl::Seconds(6));
}

TEST_F(PredictServiceTest, WhatWaitsBehindAStuckExecutionIsAnsweredAtItsDeadline) {
  Call& running = Hold();
  Call& queued = Send("two", 1, clock_.Monotonic() + absl::Seconds(1));
  Call& stays = Send();
  clock_.Advance(absl::Seconds(2));
  service_->Watch();
  EXPECT_THAT(queued.Wait(), StatusIs(absl::StatusCode::kDeadlineExceeded, "2s in the queue"));
  Release();
  EXPECT_OK(running.Wait());
  EXPECT_OK(stays.Wait());
}

TEST_F(PredictServiceTest, WhatIsQueuedAtTheEndIsAnsweredUnavailable) {
  Call& running = Hold();
  Call& queued = Send();
  std::thread stop([this] { service_.reset(); });
  EXPECT_THAT(queued.Wait(), StatusIs(absl::StatusCode::kUnavailable, "shutting down"));
  Release();
  stop.join();
  EXPECT_OK(running.Wait());
}

TEST_F(PredictServiceTest, EveryOutcomeIsObservedAndUnknownNamesLeaveNoLabel) {
  StartService();
  ASSERT_OK(Send("two", 3).Wait());
  ASSERT_FALSE(Send("nope").Wait().ok());
  const std::vector<PredictOutcome> outcomes = observer_.outcomes();
  ASSERT_EQ(outcomes.size(), 2u);
  EXPECT_EQ(outcomes[0].model, "two");
  EXPECT_EQ(outcomes[0].row_count, 3);
  EXPECT_EQ(outcomes[0].batch_row_count, 3);
  EXPECT_EQ(outcomes[1].model, "");
  EXPECT_EQ(outcomes[1].code, absl::StatusCode::kNotFound);
}

TEST_F(PredictServiceTest, OnlyARequestThatCameToAThreadHasAQueueTime) {
  StartService();
  ASSERT_OK(Send().Wait());
  ASSERT_FALSE(Send("two", 1, clock_.Monotonic()).Wait().ok());
  ASSERT_FALSE(Send("nope").Wait().ok());
  const std::vector<PredictOutcome> outcomes = observer_.outcomes();
  ASSERT_EQ(outcomes.size(), 3u);
  EXPECT_TRUE(outcomes[0].queue_time.has_value());
  EXPECT_TRUE(outcomes[0].compute_time.has_value());
  EXPECT_EQ(outcomes[1].code, absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(outcomes[1].queue_time.has_value());
  EXPECT_FALSE(outcomes[1].compute_time.has_value());
  EXPECT_FALSE(outcomes[2].queue_time.has_value());
}

TEST_F(PredictServiceTest, TheQueueDepthCountsRequestsThatWaitAndNotTheOneThatRuns) {
  Call& running = Hold();
  EXPECT_EQ(service_->queue_depth(), 0);
  Send();
  Call& second = Send();
  EXPECT_EQ(service_->queue_depth(), 2);
  Release();
  EXPECT_OK(running.Wait());
  EXPECT_OK(second.Wait());
  EXPECT_EQ(service_->queue_depth(), 0);
}

// One execution of `duration` teaches the service what the model costs.
class AtOnceTest : public PredictServiceTest {
 protected:
  AtOnceTest() {
    execution_.runs_on_any_thread = true;
    options_.at_once_max = absl::Microseconds(500);
  }

  // Where the next call runs once one has taken so long.
  std::thread::id RunsOnAfter(absl::Duration duration) {
    execution_.on_run = [this, duration] { clock_.Advance(duration); };
    StartService();
    EXPECT_OK(Send().Wait());
    return RunsOn();
  }
  std::thread::id RunsOn() {
    std::thread::id thread;
    execution_.on_run = [&thread] { thread = std::this_thread::get_id(); };
    EXPECT_OK(Send().Wait());
    return thread;
  }
};

TEST_F(AtOnceTest, WhatIsKnownToBeShortRunsOnTheThreadThatBringsIt) {
  EXPECT_EQ(RunsOnAfter(absl::Microseconds(500)), std::this_thread::get_id());
}

TEST_F(AtOnceTest, WhatTakesLongerRunsOnAnExecutorThread) {
  EXPECT_NE(RunsOnAfter(absl::Microseconds(501)), std::this_thread::get_id());
}

TEST_F(AtOnceTest, WhatIsNotKnownRunsOnAnExecutorThread) {
  StartService();
  EXPECT_NE(RunsOn(), std::this_thread::get_id());
}

TEST_F(AtOnceTest, WhatUsesTheTensorLibraryRunsOnAnExecutorThread) {
  execution_.runs_on_any_thread = false;
  EXPECT_NE(RunsOnAfter(absl::Microseconds(10)), std::this_thread::get_id());
}

TEST_F(AtOnceTest, ManyRowsTakeLongerThanOne) {
  EXPECT_EQ(RunsOnAfter(absl::Microseconds(100)), std::this_thread::get_id());
  std::thread::id thread;
  execution_.on_run = [&thread] { thread = std::this_thread::get_id(); };
  EXPECT_OK(Send("two", 64).Wait());
  EXPECT_NE(thread, std::this_thread::get_id());
}

TEST_F(AtOnceTest, WithEveryThreadBusyAnotherGoesToTheQueue) {
  RunsOnAfter(absl::Microseconds(10));
  absl::Notification begun;
  absl::Notification release;
  std::atomic<int> runs = 0;
  std::thread::id second_on;
  execution_.on_run = [&] {
    if (runs++ == 0) {
      begun.Notify();
      release.WaitForNotification();
    } else {
      second_on = std::this_thread::get_id();
    }
  };
  std::thread first([this] { Send(); });
  begun.WaitForNotification();
  EXPECT_OK(Send().Wait());
  EXPECT_NE(second_on, std::this_thread::get_id());
  release.Notify();
  first.join();
  EXPECT_EQ(runs, 2);
}

TEST_F(AtOnceTest, OneThatIsTooLateIsToldSoAndDoesNotRun) {
  RunsOnAfter(absl::Microseconds(10));
  const int runs = execution_.runs;
  EXPECT_EQ(Send("two", 1, clock_.Monotonic()).Wait().status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(execution_.runs, runs);
}

TEST_F(AtOnceTest, ItIsObservedLikeOthers) {
  RunsOnAfter(absl::Microseconds(10));
  ASSERT_EQ(observer_.outcomes().size(), 2);
  EXPECT_EQ(observer_.outcomes()[1].code, absl::StatusCode::kOk);
  EXPECT_EQ(observer_.outcomes()[1].queue_time, absl::ZeroDuration());
}

TEST_F(PredictServiceTest, ModelsComeInPages) {
  StartService();
  v1::ListModelsRequest request;
  request.set_page_size(1);
  const absl::StatusOr<v1::ListModelsResponse> first = service_->ListModels(request);
  ASSERT_OK(first);
  EXPECT_EQ(first->models(0).name(), "other");
  request.set_page_token(first->next_page_token());
  EXPECT_EQ(service_->ListModels(request)->models(0).name(), "two");
  EXPECT_EQ(service_->ListModels(request)->next_page_token(), "");
  request.set_page_size(-1);
  EXPECT_EQ(service_->ListModels(request).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace traind
