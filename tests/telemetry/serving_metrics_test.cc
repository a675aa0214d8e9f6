// Whether predictions are ready, and what their worker uses.

#include "server/telemetry/serving_metrics.h"

#include "tests/telemetry/metrics_fixture.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ServingMetricsTest : public MetricsFixture {
 protected:
  ServingMetricsTest() {
    options_.serving_state = [this] { return state_; };
    Restart();
  }

  ServingState state_;
};

TEST_F(ServingMetricsTest, TheServerIsReadyOrNot) {
  EXPECT_THAT(Lines("traind_ready"), ElementsAre("traind_ready 0"));
  state_.is_ready = true;
  EXPECT_THAT(Lines("traind_ready"), ElementsAre("traind_ready 1"));
}

TEST_F(ServingMetricsTest, EachVersionIsReadyOrNot) {
  state_.versions = {{"s4", 1, true}, {"s4", 2, false}};
  EXPECT_THAT(Lines("traind_model_ready"),
              ElementsAre("traind_model_ready{model=\"s4\",version=\"2\"} 0",
                          "traind_model_ready{model=\"s4\",version=\"1\"} 1"));
}

TEST_F(ServingMetricsTest, OfVeryManyVersionsThoseThatAreNotReadyStay) {
  options_.predict_versions_max = 2;
  Restart();
  state_.versions = {{"a", 1, true}, {"b", 1, true}, {"c", 1, true}, {"d", 1, false}};
  EXPECT_THAT(Lines("traind_model_ready"), SizeIs(2));
  EXPECT_THAT(Lines("traind_model_ready{model=\"d\""), SizeIs(1));
}

TEST_F(ServingMetricsTest, TheServingWorkerHasSeriesWhereThereIsOne) {
  EXPECT_THAT(Lines("traind_serving_worker"), IsEmpty());
  state_.worker = {
      .device = "cuda:0", .cpu_time = absl::Milliseconds(1500), .resident_bytes = 900'000'000};
  EXPECT_THAT(
      Lines("traind_serving_worker"),
      ElementsAre("traind_serving_worker_cpu_seconds_total{device=\"cuda:0\"} 1.5",
                  "traind_serving_worker_resident_memory_bytes{device=\"cuda:0\"} 900000000"));
}

}  // namespace
}  // namespace traind
