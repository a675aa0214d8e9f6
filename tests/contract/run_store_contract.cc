#include "tests/contract/run_store_contract.h"

#include "gmock/gmock.h"

namespace traind {
namespace {

TEST_P(RunStoreContract, NumbersRunsOfARecipeFromOne) {
  EXPECT_EQ(Create("s4").id(), "s4-1");
  EXPECT_EQ(Create("s4").id(), "s4-2");
}

TEST_P(RunStoreContract, NumbersEachRecipeByItself) {
  Create("s4");
  EXPECT_EQ(Create("s4-classic").id(), "s4-classic-1");
}

TEST_P(RunStoreContract, NumbersDoNotMixWhenOneNameIsThePrefixOfAnother) {
  EXPECT_EQ(Create("s4-1").id(), "s4-1-1");
  EXPECT_EQ(Create("s4").id(), "s4-1");
  EXPECT_EQ(Create("s4-1").id(), "s4-1-2");
}

TEST_P(RunStoreContract, GetReturnsWhatWasCreated) {
  const v1::Run run = Create("s4");
  absl::StatusOr<v1::Run> stored = store_->Get("s4-1");
  ASSERT_OK(stored);
  EXPECT_EQ(stored->SerializeAsString(), run.SerializeAsString());
  EXPECT_EQ(stored->recipe().epoch_count(), 19);
}

TEST_P(RunStoreContract, GetOfAnUnknownRunNamesIt) {
  EXPECT_THAT(store_->Get("s4-9"), StatusIs(absl::StatusCode::kNotFound, "no run s4-9"));
}

TEST_P(RunStoreContract, UpdateReplacesTheRun) {
  v1::Run run = Create("s4");
  run.set_state(v1::RUN_STATE_STARTING);
  run.clear_create_time();
  ASSERT_OK(store_->Update(run));
  absl::StatusOr<v1::Run> stored = store_->Get("s4-1");
  ASSERT_OK(stored);
  EXPECT_EQ(stored->state(), v1::RUN_STATE_STARTING);
  EXPECT_FALSE(stored->has_create_time());
}

TEST_P(RunStoreContract, UpdateOfAnUnknownRunIsNotFound) {
  v1::Run run = QueuedRun("s4");
  run.set_id("s4-9");
  EXPECT_THAT(store_->Update(run), StatusIs(absl::StatusCode::kNotFound, "no run s4-9"));
}

TEST_P(RunStoreContract, UpdateThatMovesLastSequenceWithoutEventsIsRefused) {
  v1::Run run = Create("s4");
  run.set_last_sequence(3);
  EXPECT_THAT(store_->Update(run),
              StatusIs(absl::StatusCode::kFailedPrecondition, "expected last_sequence 0, got 3"));
}

TEST_P(RunStoreContract, ProgressIsNeverStored) {
  v1::Run run = Create("s4");
  run.mutable_progress()->set_epoch(3);
  ASSERT_OK(store_->Update(run));
  absl::StatusOr<v1::Run> stored = store_->Get("s4-1");
  ASSERT_OK(stored);
  EXPECT_FALSE(stored->has_progress());
}

TEST_P(RunStoreContract, StoresEventsTogetherWithTheRun) {
  v1::Run run = Create("s4");
  run.set_epochs_finished(2);
  ASSERT_OK(Append(run, 1, 2));
  absl::StatusOr<v1::Run> stored = store_->Get("s4-1");
  ASSERT_OK(stored);
  EXPECT_EQ(stored->epochs_finished(), 2);
  EXPECT_EQ(stored->last_sequence(), 2);
  absl::StatusOr<std::vector<v1::Event>> events = store_->ReadEvents("s4-1", 0, 10);
  ASSERT_OK(events);
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ(events->at(1).SerializeAsString(), Events("s4-1", 1, 2)[1].SerializeAsString());
}

TEST_P(RunStoreContract, EventsGoOnWhereTheyEnded) {
  const v1::Run run = Create("s4");
  ASSERT_OK(Append(run, 1, 2));
  ASSERT_OK(Append(run, 3, 5));
  EXPECT_THAT(Sequences("s4-1", 0, 10), testing::ElementsAre(1, 2, 3, 4, 5));
}

TEST_P(RunStoreContract, AGapInTheSequenceIsRefusedAndNothingIsStored) {
  v1::Run run = Create("s4");
  ASSERT_OK(Append(run, 1, 2));
  run.set_epochs_finished(7);
  EXPECT_THAT(Append(run, 4, 5),
              StatusIs(absl::StatusCode::kFailedPrecondition, "expected event 3, got 4"));
  EXPECT_THAT(Sequences("s4-1", 0, 10), testing::ElementsAre(1, 2));
  EXPECT_EQ(store_->Get("s4-1")->epochs_finished(), 0);
}

TEST_P(RunStoreContract, AnEventThatIsStoredAlreadyIsRefused) {
  const v1::Run run = Create("s4");
  ASSERT_OK(Append(run, 1, 2));
  EXPECT_THAT(Append(run, 2, 3),
              StatusIs(absl::StatusCode::kFailedPrecondition, "expected event 3, got 2"));
}

TEST_P(RunStoreContract, LastSequenceMustBeTheLastEvents) {
  v1::Run run = Create("s4");
  run.set_last_sequence(9);
  EXPECT_THAT(store_->UpdateWithEvents(run, Events("s4-1", 1, 2)),
              StatusIs(absl::StatusCode::kFailedPrecondition, "expected last_sequence 2, got 9"));
  EXPECT_THAT(Sequences("s4-1", 0, 10), testing::IsEmpty());
}

TEST_P(RunStoreContract, EventsOfAnUnknownRunAreRefused) {
  v1::Run run = QueuedRun("s4");
  run.set_id("s4-9");
  EXPECT_THAT(Append(run, 1, 1), StatusIs(absl::StatusCode::kNotFound, "no run s4-9"));
}

TEST_P(RunStoreContract, ReadEventsStartsAfterTheGivenSequence) {
  ASSERT_OK(Append(Create("s4"), 1, 6));
  EXPECT_THAT(Sequences("s4-1", 4, 10), testing::ElementsAre(5, 6));
  EXPECT_THAT(Sequences("s4-1", 6, 10), testing::IsEmpty());
}

TEST_P(RunStoreContract, ReadEventsReturnsAtMostCount) {
  ASSERT_OK(Append(Create("s4"), 1, 6));
  EXPECT_THAT(Sequences("s4-1", 1, 2), testing::ElementsAre(2, 3));
}

TEST_P(RunStoreContract, ReadEventsKeepsRunsApart) {
  ASSERT_OK(Append(Create("s4"), 1, 2));
  ASSERT_OK(Append(Create("s4"), 1, 3));
  EXPECT_THAT(Sequences("s4-1", 0, 10), testing::ElementsAre(1, 2));
}

TEST_P(RunStoreContract, ReadEventsOfAnUnknownRunIsNotFound) {
  EXPECT_THAT(store_->ReadEvents("s4-9", 0, 10),
              StatusIs(absl::StatusCode::kNotFound, "no run s4-9"));
}

TEST_P(RunStoreContract, ListIsNewestFirst) {
  Create("s4");
  Create("wide");
  Create("s4");
  EXPECT_THAT(Ids(store_->List(10, "", {})), testing::ElementsAre("s4-2", "wide-1", "s4-1"));
}

TEST_P(RunStoreContract, ListGoesOnBeforeAGivenRun) {
  for (int i = 0; i < 4; ++i) Create("s4");
  EXPECT_THAT(Ids(store_->List(2, "s4-4", {})), testing::ElementsAre("s4-3", "s4-2"));
  EXPECT_THAT(Ids(store_->List(2, "s4-1", {})), testing::IsEmpty());
}

TEST_P(RunStoreContract, ListBeforeAnUnknownRunIsNotFound) {
  EXPECT_THAT(store_->List(2, "s4-9", {}), StatusIs(absl::StatusCode::kNotFound, "no run s4-9"));
}

TEST_P(RunStoreContract, ListActiveLeavesOutTerminalRuns) {
  for (int number = v1::RUN_STATE_QUEUED; number <= v1::RUN_STATE_CANCELLED; ++number) {
    v1::Run run = Create("s4");
    run.set_state(static_cast<v1::RunState>(number));
    ASSERT_OK(store_->Update(run));
  }
  // SUCCEEDED, FAILED and CANCELLED are the 7th, 8th and 9th.
  EXPECT_THAT(Ids(store_->ListActive()),
              testing::ElementsAre("s4-1", "s4-2", "s4-3", "s4-4", "s4-5", "s4-6"));
}

TEST_P(RunStoreContract, FindsTheRunThatARequestMade) {
  v1::Run run = QueuedRun("s4");
  run.set_request_id("order-7");
  ASSERT_OK(store_->Create(run, "digest-of-7", {}));
  absl::StatusOr<std::optional<RunStore::RequestMatch>> match = store_->FindRequest("order-7");
  ASSERT_OK(match);
  ASSERT_TRUE(match->has_value());
  EXPECT_EQ((*match)->run_id, "s4-1");
  EXPECT_EQ((*match)->request_digest, "digest-of-7");
}

TEST_P(RunStoreContract, AnUnknownOrEmptyRequestMatchesNothing) {
  Create("s4");
  EXPECT_EQ(store_->FindRequest("order-7").value(), std::nullopt);
  EXPECT_EQ(store_->FindRequest("").value(), std::nullopt);
}

TEST_P(RunStoreContract, ARequestMakesOneRunOnly) {
  v1::Run run = QueuedRun("s4");
  run.set_request_id("order-7");
  ASSERT_OK(store_->Create(run, "", {}));
  EXPECT_THAT(store_->Create(run, "", {}), StatusIs(absl::StatusCode::kAlreadyExists, "s4-1"));
  EXPECT_EQ(Create("s4").id(), "s4-2");
}

TEST_P(RunStoreContract, ARunIsStoredTogetherWithItsFirstEvents) {
  v1::Run run = QueuedRun("s4");
  run.set_last_sequence(2);
  absl::StatusOr<v1::Run> created = store_->Create(run, "", Events("", 1, 2));
  ASSERT_OK(created);
  EXPECT_EQ(created->last_sequence(), 2);
  absl::StatusOr<std::vector<v1::Event>> events = store_->ReadEvents("s4-1", 0, 10);
  ASSERT_OK(events);
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ(events->at(1).SerializeAsString(), Events("s4-1", 1, 2)[1].SerializeAsString());
  EXPECT_OK(Append(*created, 3, 3));
}

TEST_P(RunStoreContract, FirstEventsThatDoNotBeginAtOneAreRefusedAndNoRunIsMade) {
  v1::Run run = QueuedRun("s4");
  run.set_last_sequence(2);
  EXPECT_THAT(store_->Create(run, "", Events("", 2, 2)),
              StatusIs(absl::StatusCode::kFailedPrecondition, "expected event 1, got 2"));
  EXPECT_THAT(Ids(store_->List(10, "", {})), testing::IsEmpty());
}

TEST_P(RunStoreContract, AListCanBeOfSomeStatesAlone) {
  CreateIn(v1::RUN_STATE_RUNNING);
  CreateIn(v1::RUN_STATE_FAILED);
  CreateIn(v1::RUN_STATE_SUCCEEDED);
  EXPECT_THAT(Ids(store_->List(10, "", {{v1::RUN_STATE_RUNNING, v1::RUN_STATE_SUCCEEDED}, ""})),
              testing::ElementsAre("s4-3", "s4-1"));
}

TEST_P(RunStoreContract, AListCanBeOfOneRecipeAlone) {
  Create("s4");
  Create("wide");
  Create("s4");
  EXPECT_THAT(Ids(store_->List(10, "", {{}, "s4"})), testing::ElementsAre("s4-2", "s4-1"));
  EXPECT_THAT(Ids(store_->List(1, "s4-2", {{}, "s4"})), testing::ElementsAre("s4-1"));
  EXPECT_THAT(Ids(store_->List(10, "", {{}, "s"})), testing::IsEmpty());
}

TEST_P(RunStoreContract, EndedRunsAreListedOldestFirst) {
  CreateIn(v1::RUN_STATE_SUCCEEDED);
  CreateIn(v1::RUN_STATE_PAUSED);
  CreateIn(v1::RUN_STATE_CANCELLED);
  CreateIn(v1::RUN_STATE_FAILED, "wide");
  absl::StatusOr<std::vector<std::string>> ids = store_->ListEnded();
  ASSERT_OK(ids);
  EXPECT_THAT(*ids, testing::ElementsAre("s4-1", "s4-3", "wide-1"));
}

TEST_P(RunStoreContract, ADeletedRunIsGone) {
  ASSERT_OK(Append(CreateIn(v1::RUN_STATE_SUCCEEDED), 1, 3));
  Create("s4");
  ASSERT_OK(store_->Delete("s4-1"));
  EXPECT_THAT(store_->Get("s4-1"), StatusIs(absl::StatusCode::kNotFound, "no run s4-1"));
  EXPECT_THAT(store_->ReadEvents("s4-1", 0, 10),
              StatusIs(absl::StatusCode::kNotFound, "no run s4-1"));
  EXPECT_THAT(Ids(store_->List(10, "", {})), testing::ElementsAre("s4-2"));
  EXPECT_THAT(store_->Delete("s4-1"), StatusIs(absl::StatusCode::kNotFound, "no run s4-1"));
}

TEST_P(RunStoreContract, ARunThatIsNotOverIsNotDeleted) {
  CreateIn(v1::RUN_STATE_PAUSED);
  EXPECT_THAT(store_->Delete("s4-1"),
              StatusIs(absl::StatusCode::kFailedPrecondition, "expected one that has ended"));
  EXPECT_OK(store_->Get("s4-1"));
}

TEST_P(RunStoreContract, TheNumberOfADeletedRunIsNotGivenAgain) {
  CreateIn(v1::RUN_STATE_FAILED);
  ASSERT_OK(store_->Delete("s4-1"));
  EXPECT_EQ(Create("s4").id(), "s4-2");
  EXPECT_THAT(Sequences("s4-2", 0, 10), testing::IsEmpty());
}

TEST_P(RunStoreContract, TheRequestOfADeletedRunIsFreeAgain) {
  v1::Run run = QueuedRun("s4");
  run.set_request_id("order-7");
  run.set_state(v1::RUN_STATE_FAILED);
  ASSERT_OK(store_->Create(run, "", {}));
  ASSERT_OK(store_->Delete("s4-1"));
  EXPECT_EQ(store_->FindRequest("order-7").value(), std::nullopt);
  EXPECT_EQ(store_->Create(run, "", {})->id(), "s4-2");
}

TEST_P(RunStoreContract, ReclaimEndsAndLeavesOtherRunsWhole) {
  ASSERT_OK(Append(CreateIn(v1::RUN_STATE_SUCCEEDED), 1, 5000));
  ASSERT_OK(Append(Create("s4"), 1, 3));
  ASSERT_OK(store_->Delete("s4-1"));
  ReclaimAll();
  EXPECT_THAT(Sequences("s4-2", 0, 10), testing::ElementsAre(1, 2, 3));
}

TEST_P(RunStoreContract, EventsBeforeTheFirstAreForgotten) {
  v1::Run run = Create("s4");
  ASSERT_OK(Append(run, 1, 6));
  run.set_last_sequence(6);
  run.set_first_sequence(5);
  ASSERT_OK(store_->Update(run));
  EXPECT_THAT(Sequences("s4-1", 0, 10), testing::ElementsAre(5, 6));
  ReclaimAll();
  EXPECT_THAT(Sequences("s4-1", 0, 10), testing::ElementsAre(5, 6));
  EXPECT_OK(Append(run, 7, 7));
  EXPECT_THAT(Sequences("s4-1", 0, 10), testing::ElementsAre(5, 6, 7));
}

TEST_P(RunStoreContract, ListsTheRunsOfOneSweep) {
  Create("s4");
  v1::Run run = QueuedRun("s4");
  run.set_sweep_id("s4-sweep-3");
  ASSERT_OK(store_->Create(run, "", {}));
  RunFilter filter;
  filter.sweep_id = "s4-sweep-3";
  EXPECT_THAT(Ids(store_->List(10, "", filter)), testing::ElementsAre("s4-2"));
}

}  // namespace
}  // namespace traind
