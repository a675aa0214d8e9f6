#include "server/serving/predict_service.h"

#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "gmock/gmock.h"
#include "tests/serving/serving_fakes.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using Response = absl::StatusOr<v1::PredictResponse>;

// Keeps every outcome. Thread-safe.
class RecordingObserver : public PredictObserver {
 public:
  void OnPredict(const PredictOutcome& outcome) override {
    absl::MutexLock lock(&mutex_);
    outcomes_.push_back(outcome);
  }
  std::vector<PredictOutcome> outcomes() {
    absl::MutexLock lock(&mutex_);
    return outcomes_;
  }

 private:
  absl::Mutex mutex_;
  std::vector<PredictOutcome> outcomes_;
};

// One Predict on its way.
struct Call {
  v1::PredictRequest request;
  absl::Notification done;
  Response response;

  const Response& Wait() {
    done.WaitForNotification();
    return response;
  }
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

  static v1::PredictRequest Request(const std::string& model = "two", int64_t rows = 1) {
    v1::PredictRequest request;
    request.set_model(model);
    v1::Tensor& tensor = *request.add_inputs();
    tensor.set_name("x");
    tensor.set_data_type(v1::DATA_TYPE_FP32);
    for (int64_t size : {rows, int64_t{1}, int64_t{1}, int64_t{2}}) tensor.add_shape(size);
    tensor.set_data(std::string(rows * 8, '\0'));
    return request;
  }

  std::unique_ptr<Call> Send(v1::PredictRequest request,
                             absl::Time deadline = absl::InfiniteFuture()) {
    auto call = std::make_unique<Call>();
    call->request = std::move(request);
    service_->Predict(call->request, deadline, [call = call.get()](Response response) {
      call->response = std::move(response);
      call->done.Notify();
    });
    return call;
  }

  FakeModelStore store_;
  FakeExecution execution_;
  FakeExecutorLoader loader_;
  RecordingObserver observer_;
  FakeClock clock_;
  PredictService::Options options_;
  std::unique_ptr<PredictService> service_;
};

TEST_F(PredictServiceTest, TheNewestVersionAnswersWithClassesLogitsAndProbabilities) {
  StartService();
  const auto call = Send(Request("two", 2));
  const Response& response = call->Wait();
  ASSERT_OK(response);
  EXPECT_EQ(response->version(), 2);
  ASSERT_EQ(response->outputs_size(), 3);
  EXPECT_EQ(response->outputs(0).name(), "classes");
  EXPECT_THAT(response->outputs(0).shape(), ElementsAre(2));
  EXPECT_EQ(response->outputs(1).name(), "logits");
  EXPECT_THAT(response->outputs(1).shape(), ElementsAre(2, 2));
  float probability;
  std::memcpy(&probability, response->outputs(2).data().data() + 4, 4);
  EXPECT_EQ(probability, 0.75f);
}

TEST_F(PredictServiceTest, AVersionCanBeNamed) {
  StartService();
  v1::PredictRequest request = Request();
  request.set_version(1);
  EXPECT_EQ(Send(request)->Wait()->version(), 1);
}

TEST_F(PredictServiceTest, UnknownModelsVersionsAndAliasesAreNotFound) {
  StartService();
  v1::PredictRequest version = Request();
  version.set_version(9);
  v1::PredictRequest alias = Request();
  alias.set_alias("production");
  for (const v1::PredictRequest& request : {Request("nope"), version, alias}) {
    EXPECT_EQ(Send(request)->Wait().status().code(), absl::StatusCode::kNotFound);
  }
}

TEST_F(PredictServiceTest, ARequestWithoutAModelOrWithABadVersionIsRefused) {
  StartService();
  EXPECT_THAT(Send(Request(""))->Wait(),
              StatusIs(absl::StatusCode::kInvalidArgument, "model: expected"));
  v1::PredictRequest request = Request();
  request.set_version(-1);
  EXPECT_THAT(Send(request)->Wait(),
              StatusIs(absl::StatusCode::kInvalidArgument, "version: expected"));
}

TEST_F(PredictServiceTest, ABadTensorNeverReachesTheExecutor) {
  StartService();
  v1::PredictRequest request = Request();
  request.mutable_inputs(0)->set_data("short");
  EXPECT_EQ(Send(request)->Wait().status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(execution_.loads, 0);
}

TEST_F(PredictServiceTest, AVersionIsLoadedOnceAndKept) {
  StartService();
  ASSERT_OK(Send(Request())->Wait());
  ASSERT_OK(Send(Request())->Wait());
  EXPECT_EQ(execution_.loads, 1);
}

TEST_F(PredictServiceTest, TheLeastRecentlyUsedVersionGoesWhenThereAreTooMany) {
  StartService();
  v1::PredictRequest first = Request();
  first.set_version(1);
  for (const v1::PredictRequest& request : {first, Request(), first, Request("other")}) {
    ASSERT_OK(Send(request)->Wait());
  }
  EXPECT_EQ(execution_.loads, 3);
  ASSERT_OK(Send(first)->Wait());
  EXPECT_EQ(execution_.loads, 3);
  ASSERT_OK(Send(Request())->Wait());
  EXPECT_EQ(execution_.loads, 4);
}

TEST_F(PredictServiceTest, ALoadThatFailsIsTheRequestsErrorAndIsTriedAgain) {
  execution_.load_status = absl::DataLossError("model.safetensors: wrong SHA-256");
  StartService();
  EXPECT_THAT(Send(Request())->Wait(), StatusIs(absl::StatusCode::kDataLoss, "SHA-256"));
  execution_.load_status = absl::OkStatus();
  EXPECT_OK(Send(Request())->Wait());
}

TEST_F(PredictServiceTest, AFullQueueRefusesByTheNameOfTheLimit) {
  execution_.hold = true;
  StartService();
  const auto running = Send(Request());
  execution_.begun.WaitForNotification();
  const auto second = Send(Request());
  const auto third = Send(Request());
  EXPECT_THAT(Send(Request())->Wait(),
              StatusIs(absl::StatusCode::kResourceExhausted, "predict_queue_max"));
  execution_.release.Notify();
  EXPECT_OK(running->Wait());
  EXPECT_OK(second->Wait());
  EXPECT_OK(third->Wait());
}

TEST_F(PredictServiceTest, ARequestWhoseTimeIsUpIsDroppedBeforeItRuns) {
  execution_.hold = true;
  StartService();
  const auto running = Send(Request());
  execution_.begun.WaitForNotification();
  const auto late = Send(Request(), clock_.Now() + absl::Seconds(1));
  clock_.Advance(absl::Seconds(2));
  execution_.release.Notify();
  EXPECT_THAT(late->Wait(), StatusIs(absl::StatusCode::kDeadlineExceeded, "2s in the queue"));
  EXPECT_EQ(execution_.runs, 1);
}

TEST_F(PredictServiceTest, WhatIsQueuedAtTheEndIsAnsweredUnavailable) {
  execution_.hold = true;
  StartService();
  const auto running = Send(Request());
  execution_.begun.WaitForNotification();
  const auto queued = Send(Request());
  std::thread stop([this] { service_.reset(); });
  EXPECT_THAT(queued->Wait(), StatusIs(absl::StatusCode::kUnavailable, "shutting down"));
  execution_.release.Notify();
  stop.join();
  EXPECT_OK(running->Wait());
}

TEST_F(PredictServiceTest, EveryOutcomeIsObservedAndUnknownNamesLeaveNoLabel) {
  StartService();
  ASSERT_OK(Send(Request("two", 3))->Wait());
  ASSERT_FALSE(Send(Request("nope"))->Wait().ok());
  const std::vector<PredictOutcome> outcomes = observer_.outcomes();
  ASSERT_EQ(outcomes.size(), 2u);
  EXPECT_EQ(outcomes[0].model, "two");
  EXPECT_EQ(outcomes[0].row_count, 3);
  EXPECT_EQ(outcomes[1].model, "");
  EXPECT_EQ(outcomes[1].code, absl::StatusCode::kNotFound);
}

TEST_F(PredictServiceTest, OnlyARequestThatCameToAThreadHasAQueueTime) {
  StartService();
  ASSERT_OK(Send(Request())->Wait());
  ASSERT_FALSE(Send(Request(), clock_.Now())->Wait().ok());
  ASSERT_FALSE(Send(Request("nope"))->Wait().ok());
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
  execution_.hold = true;
  StartService();
  const auto running = Send(Request());
  execution_.begun.WaitForNotification();
  EXPECT_EQ(service_->queue_depth(), 0);
  const auto first = Send(Request());
  const auto second = Send(Request());
  EXPECT_EQ(service_->queue_depth(), 2);
  execution_.release.Notify();
  EXPECT_OK(second->Wait());
  EXPECT_EQ(service_->queue_depth(), 0);
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
