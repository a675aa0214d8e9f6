// What workers use, by run.

#include <vector>

#include "tests/telemetry/metrics_fixture.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WorkerMetricsTest : public MetricsFixture {
 protected:
  WorkerMetricsTest() {
    options_.worker_usage = [this] { return usage_; };
    Restart();
    WorkThrough(run_, *metrics_);
  }

  void ExpectCpuSeconds(const std::string& seconds) {
    EXPECT_THAT(
        Lines("cpu_seconds_total{"),
        ElementsAre("traind_worker_cpu_seconds_total{model=\"s4\",run=\"s4-1\"} " + seconds));
  }

  v1::Run run_ = ObservedRun("s4-1");
  std::vector<WorkerUsage> usage_;
};

TEST_F(WorkerMetricsTest, ALivingWorkerShowsItsCpuTimeAndMemory) {
  usage_ = {{{"s4-1", 1}, absl::Milliseconds(2500), 300'000'000}};
  ExpectCpuSeconds("2.5");
  EXPECT_THAT(
      Lines("traind_worker_resident"),
      ElementsAre("traind_worker_resident_memory_bytes{model=\"s4\",run=\"s4-1\"} 300000000"));
}

TEST_F(WorkerMetricsTest, AWorkerThatNoScrapeMetLeavesItsCpuTime) {
  metrics_->OnFinalUsage({{"s4-1", 1}, absl::Milliseconds(750), 0});
  ExpectCpuSeconds("0.75");
  EXPECT_THAT(Lines("traind_worker_resident"), IsEmpty());
}

TEST_F(WorkerMetricsTest, TheCpuTimeOfARunAddsUpItsAttempts) {
  usage_ = {{{"s4-1", 1}, absl::Seconds(2), 1}};
  ExpectCpuSeconds("2");
  usage_.clear();
  metrics_->OnFinalUsage({{"s4-1", 1}, absl::Seconds(3), 0});
  ExpectCpuSeconds("3");
  usage_ = {{{"s4-1", 2}, absl::Seconds(1), 1}};
  ExpectCpuSeconds("4");
}

TEST_F(WorkerMetricsTest, TheCpuTimeNeverFalls) {
  usage_ = {{{"s4-1", 1}, absl::Seconds(2), 1}};
  ExpectCpuSeconds("2");
  usage_.clear();
  ExpectCpuSeconds("2");
  metrics_->OnFinalUsage({{"s4-1", 1}, absl::ZeroDuration(), 0});
  ExpectCpuSeconds("2");
}

TEST_F(WorkerMetricsTest, ItsSeriesGoWithTheRunsOwn) {
  metrics_->OnFinalUsage({{"s4-1", 1}, absl::Seconds(3), 0});
  ChangeState(run_, v1::RUN_STATE_SUCCEEDED, *metrics_);
  clock_.Advance(absl::Minutes(5));
  metrics_->Expire();
  EXPECT_THAT(Lines("traind_worker_"), IsEmpty());
  // An exit that is told later does not bring them back.
  metrics_->OnFinalUsage({{"s4-1", 1}, absl::Seconds(3), 0});
  usage_ = {{{"s4-1", 1}, absl::Seconds(2), 1}};
  EXPECT_THAT(Lines("traind_worker_"), IsEmpty());
}

}  // namespace
}  // namespace traind
