#include "server/sweeps/sweep_service.h"

#include "gmock/gmock.h"
#include "tests/sweeps/sweep_fixture.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using worker::v1::OUTCOME_STOPPED;
using worker::v1::OUTCOME_SUCCEEDED;

class SweepServiceTest : public SweepFixture {};

TEST_F(SweepServiceTest, StartsARunForEachPointAndMarksIt) {
  const std::string sweep_id = Create(GridRequest({"0.1", "0.2"}));
  EXPECT_EQ(sweep_id, "tiny-sweep-1");
  EXPECT_THAT(RunIds(sweep_id), ElementsAre("tiny-2", "tiny-1"));
  const v1::Run run = Get("tiny-2");
  EXPECT_DOUBLE_EQ(run.recipe().optimizer().sgd().learning_rate(), 0.2);
  EXPECT_EQ(run.sweep_point(), 2);
  ASSERT_EQ(run.parameters_size(), 1);
  EXPECT_EQ(run.parameters(0).path(), "optimizer.sgd.learning_rate");
  EXPECT_EQ(run.parameters(0).value(), "0.2");
  EXPECT_EQ(GetSweep(sweep_id).points(1).run_id(), "tiny-2");
}

TEST_F(SweepServiceTest, NoMoreRunsThanAllowedWaitOrTrainAtOnce) {
  v1::CreateSweepRequest request = GridRequest({"0.1", "0.2", "0.3"});
  request.set_parallelism(2);
  const std::string sweep_id = Create(request);
  EXPECT_THAT(RunIds(sweep_id), ElementsAre("tiny-2", "tiny-1"));
  Train("tiny-1", 1, 2, 5, OUTCOME_SUCCEEDED);
  EXPECT_THAT(RunIds(sweep_id), ElementsAre("tiny-3", "tiny-2", "tiny-1"));
}

TEST_F(SweepServiceTest, SucceedsWithItsBestRunWhenAllAreThrough) {
  const std::string sweep_id = Create(GridRequest({"0.1", "0.2", "0.3"}));
  Train("tiny-1", 1, 2, 5, OUTCOME_SUCCEEDED);
  Train("tiny-2", 1, 2, 9, OUTCOME_SUCCEEDED);
  EXPECT_EQ(GetSweep(sweep_id).state(), v1::SWEEP_STATE_RUNNING);
  Fail("tiny-3");
  const v1::Sweep sweep = GetSweep(sweep_id);
  EXPECT_EQ(sweep.state(), v1::SWEEP_STATE_SUCCEEDED);
  EXPECT_EQ(sweep.best_run_id(), "tiny-2");
  EXPECT_DOUBLE_EQ(sweep.points(1).best_value(), 0.9);
  EXPECT_EQ(sweep.failed_count(), 1);
  EXPECT_EQ(sweep.points(2).reason(), "the loss became nan");
  EXPECT_TRUE(sweep.has_end_time());
  EXPECT_THAT(publisher_.published, IsEmpty());
}

TEST_F(SweepServiceTest, PublishesTheBestRunWhenAskedTo) {
  v1::CreateSweepRequest request = GridRequest({"0.1", "0.2"});
  request.set_publish_best(true);
  Create(request);
  Train("tiny-1", 1, 2, 5, OUTCOME_SUCCEEDED);
  Train("tiny-2", 1, 2, 4, OUTCOME_SUCCEEDED);
  EXPECT_EQ(publisher_.published.size(), 1u);
  EXPECT_EQ(Get("tiny-1").published_version(), 1);
}

TEST_F(SweepServiceTest, FailsWhenNoPointHasAResult) {
  const std::string sweep_id = Create(GridRequest({"0.1"}));
  Fail("tiny-1");
  EXPECT_EQ(GetSweep(sweep_id).state(), v1::SWEEP_STATE_FAILED);
}

TEST_F(SweepServiceTest, TheSameRequestMakesOneSweep) {
  v1::CreateSweepRequest request = GridRequest({"0.1"});
  request.set_request_id("mine");
  EXPECT_EQ(Create(request), Create(request));
  request.set_parallelism(3);
  EXPECT_THAT(sweeps_->Create(request),
              StatusIs(absl::StatusCode::kAlreadyExists, "tiny-sweep-1 with another body"));
}

TEST_F(SweepServiceTest, SweepsUnderWayAreBounded) {
  limits_.active_sweeps_max = 1;
  RestartAll();
  Create(GridRequest({"0.1"}));
  EXPECT_THAT(sweeps_->Create(GridRequest({"0.2"})),
              StatusIs(absl::StatusCode::kResourceExhausted, "active_sweeps_max"));
}

TEST_F(SweepServiceTest, WhatIsRefusedForNowIsTriedAgain) {
  v1::CreateSweepRequest request = GridRequest({"0.1", "0.2"});
  request.set_parallelism(1);
  const std::string sweep_id = Create(request);
  service_->RefuseNewRuns("the disk is full");
  Train("tiny-1", 1, 2, 5, OUTCOME_SUCCEEDED);
  EXPECT_EQ(GetSweep(sweep_id).state(), v1::SWEEP_STATE_RUNNING);
  EXPECT_EQ(GetSweep(sweep_id).state_reason(), "waits: the disk is full");
  service_->RefuseNewRuns("");
  sweeps_->Advance();
  EXPECT_THAT(RunIds(sweep_id), ElementsAre("tiny-2", "tiny-1"));
  EXPECT_EQ(GetSweep(sweep_id).state_reason(), "");
}

TEST_F(SweepServiceTest, CancelEndsItsRunsAndStartsNoMore) {
  v1::CreateSweepRequest request = GridRequest({"0.1", "0.2", "0.3"});
  request.set_parallelism(2);
  const std::string sweep_id = Create(request);
  Train("tiny-1", 1, 2, 5, OUTCOME_SUCCEEDED);
  ASSERT_OK(service_->OnWorkerHello({"tiny-2", 1}, 4711));
  ASSERT_OK(sweeps_->Cancel(sweep_id));
  sweeps_->Advance();
  EXPECT_EQ(GetSweep(sweep_id).state(), v1::SWEEP_STATE_CANCELLED);
  EXPECT_THAT(launcher_.stopped, ElementsAre("tiny-2/1"));
  EXPECT_EQ(Get("tiny-3").state(), v1::RUN_STATE_CANCELLED);
  EXPECT_EQ(Get("tiny-3").state_reason(), "cancelled with its sweep tiny-sweep-1");
  EXPECT_THAT(sweeps_->Cancel(sweep_id),
              StatusIs(absl::StatusCode::kFailedPrecondition, "CANCELLED"));
  ASSERT_OK(service_->OnWorkerFinished({"tiny-2", 1}, Finished(OUTCOME_STOPPED)));
  sweeps_->Advance();
  EXPECT_EQ(GetSweep(sweep_id).points(1).run_state(), v1::RUN_STATE_CANCELLED);
}

TEST_F(SweepServiceTest, ResumeStartsNewRunsForWhatHasNoResult) {
  const std::string sweep_id = Create(GridRequest({"0.1", "0.2"}));
  Train("tiny-1", 1, 2, 5, OUTCOME_SUCCEEDED);
  ASSERT_OK(sweeps_->Cancel(sweep_id));
  sweeps_->Advance();
  service_->OnWorkerExited({"tiny-2", 1}, "exited with code 0");
  ASSERT_OK(sweeps_->Resume(sweep_id));
  sweeps_->Advance();
  const v1::Sweep sweep = GetSweep(sweep_id);
  EXPECT_EQ(sweep.points(0).run_id(), "tiny-1");
  EXPECT_EQ(sweep.points(1).run_id(), "tiny-3");
  Train("tiny-3", 1, 2, 6, OUTCOME_SUCCEEDED);
  EXPECT_EQ(GetSweep(sweep_id).state(), v1::SWEEP_STATE_SUCCEEDED);
  EXPECT_THAT(sweeps_->Resume(sweep_id), StatusIs(absl::StatusCode::kFailedPrecondition,
                                                  "SUCCEEDED: expected CANCELLED or FAILED"));
}

TEST_F(SweepServiceTest, AUsersCancelOfOneRunLeavesTheOthers) {
  const std::string sweep_id = Create(GridRequest({"0.1", "0.2"}));
  v1::CancelRunRequest cancel;
  cancel.set_run_id("tiny-2");
  ASSERT_OK(service_->Cancel(cancel));
  Train("tiny-1", 1, 2, 5, OUTCOME_SUCCEEDED);
  const v1::Sweep sweep = GetSweep(sweep_id);
  EXPECT_EQ(sweep.state(), v1::SWEEP_STATE_SUCCEEDED);
  EXPECT_EQ(sweep.points(1).reason(), "cancelled by a user");
}

TEST_F(SweepServiceTest, HalvingPausesAtARungAndGoesOnWithTheBetterHalf) {
  const std::string sweep_id = Create(HalvingRequest({"0.1", "0.2"}));
  EXPECT_EQ(Get("tiny-1").pause_after_epoch(), 1);
  Train("tiny-1", 1, 1, 5, OUTCOME_STOPPED);
  EXPECT_EQ(Get("tiny-1").state(), v1::RUN_STATE_PAUSED);
  Train("tiny-2", 1, 1, 7, OUTCOME_STOPPED);
  EXPECT_EQ(Get("tiny-2").state(), v1::RUN_STATE_STARTING);
  EXPECT_EQ(Get("tiny-2").pause_after_epoch(), 2);
  EXPECT_THAT(GetSweep(sweep_id).points(1).rung_values(), ElementsAre(0.7));
  Train("tiny-2", 2, 2, 8, OUTCOME_STOPPED);
  // Alone at its rung it is no half, but there is nobody else left.
  EXPECT_EQ(Get("tiny-2").pause_after_epoch(), 0);
  Train("tiny-2", 3, 4, 9, OUTCOME_SUCCEEDED);
  const v1::Sweep sweep = GetSweep(sweep_id);
  EXPECT_EQ(sweep.state(), v1::SWEEP_STATE_SUCCEEDED);
  EXPECT_EQ(sweep.best_run_id(), "tiny-2");
  EXPECT_THAT(sweep.points(1).rung_values(), ElementsAre(0.7, 0.8, 0.9));
  EXPECT_EQ(Get("tiny-1").state(), v1::RUN_STATE_CANCELLED);
  EXPECT_EQ(Get("tiny-1").state_reason(), "its sweep tiny-sweep-1 went on with better ones");
}

TEST_F(SweepServiceTest, AWorkerIsToldWhereToStop) {
  Create(HalvingRequest({"0.1"}));
  const auto assignment = service_->OnWorkerHello({"tiny-1", 1}, 4711);
  ASSERT_OK(assignment);
  EXPECT_EQ(assignment->stop_after_epoch(), 1);
}

TEST_F(SweepServiceTest, ARunThatAUserResumesAtItsRungGoesOnToItsEnd) {
  Create(HalvingRequest({"0.1", "0.2"}));
  Train("tiny-1", 1, 1, 5, OUTCOME_STOPPED);
  ASSERT_OK(service_->Resume("tiny-1"));
  EXPECT_EQ(Get("tiny-1").pause_after_epoch(), 0);
}

TEST_F(SweepServiceTest, ListsTheNewestFirstWithoutPoints) {
  Create(GridRequest({"0.1"}));
  Create(GridRequest({"0.2", "0.3"}));
  v1::ListSweepsRequest request;
  request.set_page_size(1);
  absl::StatusOr<v1::ListSweepsResponse> page = sweeps_->List(request);
  ASSERT_OK(page);
  ASSERT_EQ(page->sweeps_size(), 1);
  EXPECT_EQ(page->sweeps(0).id(), "tiny-sweep-2");
  EXPECT_EQ(page->sweeps(0).points_size(), 0);
  EXPECT_EQ(page->sweeps(0).point_count(), 2);
  request.set_page_token(page->next_page_token());
  page = sweeps_->List(request);
  ASSERT_OK(page);
  EXPECT_EQ(page->sweeps(0).id(), "tiny-sweep-1");
  EXPECT_EQ(page->next_page_token(), "");
}

TEST_F(SweepServiceTest, DeletesASweepThatHasEndedWithItsRunsOnRequest) {
  const std::string sweep_id = Create(GridRequest({"0.1"}));
  v1::DeleteSweepRequest request;
  request.set_sweep_id(sweep_id);
  request.set_delete_runs(true);
  EXPECT_THAT(sweeps_->Delete(request), StatusIs(absl::StatusCode::kFailedPrecondition, "RUNNING"));
  Train("tiny-1", 1, 2, 5, OUTCOME_SUCCEEDED);
  const absl::StatusOr<v1::DeleteSweepResponse> response = sweeps_->Delete(request);
  ASSERT_OK(response);
  EXPECT_EQ(response->deleted_run_count(), 1);
  EXPECT_THAT(sweeps_->Get(sweep_id), StatusIs(absl::StatusCode::kNotFound, sweep_id));
  EXPECT_THAT(service_->Get("tiny-1"), StatusIs(absl::StatusCode::kNotFound, "tiny-1"));
}

}  // namespace
}  // namespace traind
