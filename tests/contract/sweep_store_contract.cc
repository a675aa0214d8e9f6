#include "tests/contract/sweep_store_contract.h"

#include "gmock/gmock.h"

namespace traind {
namespace {

using ::testing::ElementsAre;

TEST_P(SweepStoreContract, NumbersSweepsOfARecipeFromOne) {
  EXPECT_EQ(Create("s4").id(), "s4-sweep-1");
  EXPECT_EQ(Create("s4").id(), "s4-sweep-2");
  EXPECT_EQ(Create("backprop").id(), "backprop-sweep-1");
}

TEST_P(SweepStoreContract, ANumberIsNotGivenAgainAfterADelete) {
  ASSERT_OK(store_->Delete(Create("s4").id()));
  EXPECT_EQ(Create("s4").id(), "s4-sweep-2");
}

TEST_P(SweepStoreContract, GetReturnsWhatWasStoredLast) {
  v1::Sweep sweep = Create("s4");
  sweep.add_points()->set_number(1);
  ASSERT_OK(store_->Update(sweep));
  const absl::StatusOr<v1::Sweep> stored = store_->Get("s4-sweep-1");
  ASSERT_OK(stored);
  EXPECT_EQ(stored->SerializeAsString(), sweep.SerializeAsString());
}

TEST_P(SweepStoreContract, AnUnknownSweepIsNotFound) {
  v1::Sweep sweep = RunningSweep("s4");
  sweep.set_id("s4-sweep-9");
  const auto not_found = StatusIs(absl::StatusCode::kNotFound, "no sweep s4-sweep-9");
  EXPECT_THAT(store_->Get("s4-sweep-9"), not_found);
  EXPECT_THAT(store_->Update(sweep), not_found);
  EXPECT_THAT(store_->Delete("s4-sweep-9"), not_found);
  EXPECT_THAT(store_->List(10, "s4-sweep-9", ""), not_found);
}

TEST_P(SweepStoreContract, ListsPagesFromTheNewest) {
  for (int i = 0; i < 3; ++i) Create("s4");
  EXPECT_THAT(Ids(store_->List(2, "", "")), ElementsAre("s4-sweep-3", "s4-sweep-2"));
  EXPECT_THAT(Ids(store_->List(2, "s4-sweep-2", "")), ElementsAre("s4-sweep-1"));
}

TEST_P(SweepStoreContract, ListsTheSweepsOfOneRecipe) {
  Create("s4");
  Create("backprop");
  EXPECT_THAT(Ids(store_->List(10, "", "s4")), ElementsAre("s4-sweep-1"));
}

TEST_P(SweepStoreContract, ActiveSweepsAreThoseThatRunOldestFirst) {
  Create("s4");
  v1::Sweep ended = Create("s4");
  Create("s4");
  ended.set_state(v1::SWEEP_STATE_SUCCEEDED);
  ASSERT_OK(store_->Update(ended));
  EXPECT_THAT(Ids(store_->ListActive()), ElementsAre("s4-sweep-1", "s4-sweep-3"));
}

TEST_P(SweepStoreContract, FindsTheSweepOfARequest) {
  Create("s4", "mine");
  const auto match = store_->FindRequest("mine");
  ASSERT_OK(match);
  ASSERT_TRUE(match->has_value());
  EXPECT_EQ((*match)->sweep_id, "s4-sweep-1");
  EXPECT_EQ((*match)->request_digest, "digest");
  EXPECT_FALSE(store_->FindRequest("other").value().has_value());
}

TEST_P(SweepStoreContract, ARequestMakesOneSweep) {
  Create("s4", "mine");
  v1::Sweep again = RunningSweep("s4");
  again.set_request_id("mine");
  EXPECT_THAT(store_->Create(again, "digest"),
              StatusIs(absl::StatusCode::kAlreadyExists, "s4-sweep-1"));
}

TEST_P(SweepStoreContract, WithoutARequestIdNothingIsFound) {
  Create("s4");
  EXPECT_FALSE(store_->FindRequest("").value().has_value());
}

}  // namespace
}  // namespace traind
