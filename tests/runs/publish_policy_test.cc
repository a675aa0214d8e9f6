#include "server/runs/publish_policy.h"

#include "gmock/gmock.h"
#include "tests/runs/run_service_fixture.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class PublishPolicyTest : public RunServiceFixture {
 protected:
  // A run that has succeeded with 9 of 10 rows right.
  v1::Run Succeed(v1::PublishPolicy policy) {
    v1::StartTrainingRequest request = Request();
    request.mutable_execution()->set_publish(policy);
    const absl::StatusOr<v1::Run> run = service_->Start(request);
    EXPECT_OK(run);
    const AttemptKey attempt{run->id(), 1};
    EXPECT_OK(service_->OnWorkerHello(attempt, 4711));
    v1::Event epoch = EpochFinished(1, 9);
    epoch.mutable_epoch_finished()->set_eval_sample_count(10);
    EXPECT_OK(service_->OnWorkerEvents(attempt, {epoch, CheckpointWritten(1, true)}));
    EXPECT_OK(service_->OnWorkerFinished(attempt, Finished(worker::v1::OUTCOME_SUCCEEDED)));
    return Get(run->id());
  }
  void Serve(double accuracy) {
    publisher_.served.emplace();
    publisher_.served->set_model("tiny");
    publisher_.served->set_version(4);
    publisher_.served->set_eval_accuracy(accuracy);
  }
  std::string Told(const std::string& run_id) {
    std::string texts;
    for (const v1::Event& event : Events(run_id)) texts += event.message().text();
    return texts;
  }
};

TEST_F(PublishPolicyTest, ABetterRunPublishes) {
  Serve(0.89);
  EXPECT_EQ(Succeed(v1::PUBLISH_POLICY_IF_BETTER).published_version(), 1);
}

TEST_F(PublishPolicyTest, TheFirstRunOfAModelIsBetterThanNothing) {
  EXPECT_EQ(Succeed(v1::PUBLISH_POLICY_IF_BETTER).published_version(), 1);
}

TEST_F(PublishPolicyTest, ARunThatIsNotBetterSucceedsAndTellsWhyNothingWasPublished) {
  Serve(0.9);
  const v1::Run run = Succeed(v1::PUBLISH_POLICY_IF_BETTER);
  EXPECT_EQ(run.state(), v1::RUN_STATE_SUCCEEDED);
  EXPECT_EQ(run.published_version(), 0);
  EXPECT_THAT(publisher_.published, IsEmpty());
  EXPECT_THAT(Told(run.id()), HasSubstr("90.00%, does not beat the 90.00% of version 4 of tiny"));
  EXPECT_EQ(Events(run.id()).back().state_changed().to(), v1::RUN_STATE_SUCCEEDED);
}

TEST_F(PublishPolicyTest, ARunThatAlwaysPublishesAsksForNoAccuracy) {
  Serve(1);
  EXPECT_EQ(Succeed(v1::PUBLISH_POLICY_UNSPECIFIED).published_version(), 1);
}

TEST_F(PublishPolicyTest, AManualRunPublishesOnlyWhenAskedTo) {
  const v1::Run run = Succeed(v1::PUBLISH_POLICY_MANUAL);
  EXPECT_EQ(run.published_version(), 0);
  EXPECT_THAT(Told(run.id()), HasSubstr("trainctl publish tiny-1"));
  const int64_t last_sequence = run.last_sequence();
  const absl::StatusOr<v1::Run> published = service_->PublishRun(run.id());
  ASSERT_OK(published);
  EXPECT_EQ(published->published_version(), 1);
  EXPECT_THAT(publisher_.published, ElementsAre("epoch-00001"));
  EXPECT_EQ(Get(run.id()).published_version(), 1);
  EXPECT_EQ(Get(run.id()).last_sequence(), last_sequence);
}

TEST_F(PublishPolicyTest, OnlyARunThatHasEndedCanBePublished) {
  const AttemptKey attempt = StartRunning();
  EXPECT_THAT(service_->PublishRun(attempt.run_id),
              StatusIs(absl::StatusCode::kFailedPrecondition, "is RUNNING"));
  EXPECT_EQ(service_->PublishRun("nope-1").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(PublishPolicyTest, ARunWithoutACheckpointHasNothingToPublish) {
  const AttemptKey attempt = StartRunning();
  ASSERT_OK(service_->OnWorkerFinished(attempt, Finished(worker::v1::OUTCOME_FAILED)));
  EXPECT_THAT(service_->PublishRun(attempt.run_id),
              StatusIs(absl::StatusCode::kFailedPrecondition, "nothing to publish"));
}

TEST_F(PublishPolicyTest, ARunThatFailedToPublishCanBePublishedLater) {
  publisher_.status = absl::ResourceExhaustedError("disk full");
  const v1::Run run = Succeed(v1::PUBLISH_POLICY_ALWAYS);
  ASSERT_EQ(run.state(), v1::RUN_STATE_FAILED);
  publisher_.status = absl::OkStatus();
  EXPECT_EQ(service_->PublishRun(run.id())->published_version(), 1);
}

TEST_F(PublishPolicyTest, APolicyThatDoesNotExistIsRefused) {
  v1::StartTrainingRequest request = Request();
  request.mutable_execution()->set_publish(static_cast<v1::PublishPolicy>(9));
  EXPECT_THAT(service_->Start(request),
              StatusIs(absl::StatusCode::kInvalidArgument, "execution.publish"));
}

TEST(ReasonNotToPublish, GoesByTheLossWhereRowsAreNeitherRightNorWrong) {
  v1::Run run;
  run.mutable_recipe()->mutable_loss()->mutable_mean_squared_error();
  run.mutable_execution()->set_publish(v1::PUBLISH_POLICY_IF_BETTER);
  run.mutable_best_epoch()->set_eval_loss(0.5);
  v1::ModelVersion served;
  served.set_eval_loss(0.75);
  EXPECT_EQ(ReasonNotToPublish(run, served), "");
  served.set_eval_loss(0.5);
  EXPECT_THAT(ReasonNotToPublish(run, served),
              HasSubstr("the best loss, 0.5, is not below the 0.5"));
}

}  // namespace
}  // namespace traind
