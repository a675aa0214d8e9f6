// What loading, losing and unloading models does to the page.

#include "absl/strings/str_cat.h"
#include "tests/telemetry/metrics_fixture.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class PoolMetricsTest : public MetricsFixture {
 protected:
  void Tell(ModelPool::State state, ModelPool::Cause cause, int64_t memory_bytes = 0) {
    ModelPool::Status status = ObservedLoad();
    status.state = state;
    status.cause = cause;
    status.memory_bytes = memory_bytes;
    metrics_->OnModelState(status);
  }
};

TEST_F(PoolMetricsTest, ALoadedVersionIsReadyAndItsLoadIsCounted) {
  Tell(ModelPool::State::kLoading, ModelPool::Cause::kAsked);
  EXPECT_THAT(Lines("model_state"),
              ElementsAre("traind_model_state"
                          "{model=\"s4\",reason=\"\",state=\"loading\",version=\"7\"} 1"));
  metrics_->OnModelState(ObservedLoad());
  EXPECT_THAT(Lines("model_state"),
              ElementsAre("traind_model_state"
                          "{model=\"s4\",reason=\"\",state=\"ready\",version=\"7\"} 1"));
  EXPECT_THAT(Lines("memory_bytes{model"),
              ElementsAre("traind_model_memory_bytes{model=\"s4\",version=\"7\"} 1000"));
  EXPECT_THAT(Lines("loads_total"),
              UnorderedElementsAre("traind_model_loads_total{model=\"s4\",result=\"ok\"} 1",
                                   "traind_model_loads_total{model=\"s4\",result=\"failed\"} 0"));
  EXPECT_THAT(Lines("load_seconds_sum"),
              ElementsAre("traind_model_load_seconds_sum{model=\"s4\"} 0.08"));
}

TEST_F(PoolMetricsTest, AFailedLoadIsCountedAndNamedAsTheReason) {
  Tell(ModelPool::State::kUnavailable, ModelPool::Cause::kLoadFailed);
  EXPECT_THAT(
      Lines("model_state"),
      ElementsAre("traind_model_state"
                  "{model=\"s4\",reason=\"failed\",state=\"unavailable\",version=\"7\"} 1"));
  EXPECT_THAT(Lines("result=\"failed\""),
              ElementsAre("traind_model_loads_total{model=\"s4\",result=\"failed\"} 1"));
}

TEST_F(PoolMetricsTest, EvictionsAndLossesAreCounted) {
  metrics_->OnModelState(ObservedLoad());
  Tell(ModelPool::State::kUnavailable, ModelPool::Cause::kEvicted);
  Tell(ModelPool::State::kUnavailable, ModelPool::Cause::kLost);
  EXPECT_THAT(Lines("evictions"), ElementsAre("traind_model_evictions_total{model=\"s4\"} 1"));
  EXPECT_THAT(Lines("losses"), ElementsAre("traind_model_losses_total{model=\"s4\"} 1"));
  EXPECT_THAT(Lines("memory_bytes{model"),
              ElementsAre("traind_model_memory_bytes{model=\"s4\",version=\"7\"} 0"));
}

TEST_F(PoolMetricsTest, AForgottenVersionLeavesNoState) {
  metrics_->OnModelState(ObservedLoad());
  Tell(ModelPool::State::kUnknown, ModelPool::Cause::kForgotten);
  EXPECT_THAT(Lines("model_state"), IsEmpty());
  EXPECT_THAT(Lines("memory_bytes{model"), IsEmpty());
}

TEST_F(PoolMetricsTest, TheStateThatChangedLongestAgoMakesRoom) {
  options_.predict_versions_max = 2;
  Restart();
  for (const int64_t version : {1, 2, 1, 3}) metrics_->OnModelState(ObservedLoad("s4", version));
  EXPECT_THAT(Lines("model_state"), SizeIs(2));
  EXPECT_THAT(Lines("version=\"2\""), IsEmpty());
}

TEST_F(PoolMetricsTest, ModelsPastTheBoundShareTheirTotals) {
  options_.models_max = 1;
  Restart();
  for (const char* model : {"a", "b", "c"}) metrics_->OnModelState(ObservedLoad(model, 1));
  EXPECT_THAT(Lines("load_seconds_count"),
              UnorderedElementsAre("traind_model_load_seconds_count{model=\"a\"} 1",
                                   "traind_model_load_seconds_count{model=\"other\"} 2"));
}

}  // namespace
}  // namespace traind
