// What Predict does to the page.

#include "absl/strings/str_cat.h"
#include "tests/telemetry/metrics_fixture.h"

namespace traind {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class PredictMetricsTest : public MetricsFixture {
 protected:
  void Publish(int64_t version) {
    v1::Event event;
    event.mutable_model_published()->set_model("s4");
    event.mutable_model_published()->set_version(version);
    metrics_->OnEvent(ObservedRun("s4-1"), event);
  }
};

TEST_F(PredictMetricsTest, RequestsAreCountedByModelVersionAndCode) {
  PredictOutcome outcome = ObservedPredict();
  metrics_->OnPredict(outcome);
  outcome.code = absl::StatusCode::kDeadlineExceeded;
  metrics_->OnPredict(outcome);
  EXPECT_THAT(Lines("requests_total"),
              UnorderedElementsAre(
                  "traind_predict_requests_total{code=\"OK\",model=\"s4\",version=\"7\"} 1",
                  "traind_predict_requests_total"
                  "{code=\"DEADLINE_EXCEEDED\",model=\"s4\",version=\"7\"} 1"));
}

TEST_F(PredictMetricsTest, ABatchCountsOnceByItsRows) {
  metrics_->OnBatch({"s4", 7, 3, 5, {}});
  EXPECT_THAT(Lines("batch_rows_bucket{model=\"s4\",version=\"7\",le=\"4\"}"),
              ElementsAre("traind_predict_batch_rows_bucket"
                          "{model=\"s4\",version=\"7\",le=\"4\"} 0"));
  EXPECT_THAT(Lines("batch_rows_sum"),
              ElementsAre("traind_predict_batch_rows_sum{model=\"s4\",version=\"7\"} 5"));
  EXPECT_THAT(Lines("batch_rows_count"),
              ElementsAre("traind_predict_batch_rows_count{model=\"s4\",version=\"7\"} 1"));
}

TEST_F(PredictMetricsTest, OnlyRowsThatWereAnsweredCount) {
  PredictOutcome outcome = ObservedPredict();
  metrics_->OnPredict(outcome);
  outcome.code = absl::StatusCode::kInternal;
  metrics_->OnPredict(outcome);
  EXPECT_THAT(Lines("rows_total"),
              ElementsAre("traind_predict_rows_total{model=\"s4\",version=\"7\"} 10"));
}

TEST_F(PredictMetricsTest, TimeIsSplitIntoWaitingAndComputing) {
  metrics_->OnPredict(ObservedPredict());
  const std::string labels = "{model=\"s4\",version=\"7\"";
  EXPECT_THAT(Lines(), Contains(absl::StrCat("traind_predict_duration_seconds_bucket", labels,
                                             ",le=\"0.00015\"} 0")));
  EXPECT_THAT(Lines(), Contains(absl::StrCat("traind_predict_duration_seconds_bucket", labels,
                                             ",le=\"0.0002\"} 1")));
  EXPECT_THAT(Lines("queue_seconds_sum"),
              ElementsAre(absl::StrCat("traind_predict_queue_seconds_sum", labels, "} 3e-05")));
  EXPECT_THAT(Lines("compute_seconds_sum"),
              ElementsAre(absl::StrCat("traind_predict_compute_seconds_sum", labels, "} 0.00014")));
}

TEST_F(PredictMetricsTest, ARefusedRequestNeitherWaitsNorComputes) {
  PredictOutcome outcome = ObservedPredict();
  outcome.code = absl::StatusCode::kResourceExhausted;
  outcome.queue_time.reset();
  outcome.compute_time.reset();
  metrics_->OnPredict(outcome);
  const std::string labels = "{model=\"s4\",version=\"7\"}";
  EXPECT_THAT(Lines(),
              Contains(absl::StrCat("traind_predict_duration_seconds_count", labels, " 1")));
  EXPECT_THAT(Lines(), Contains(absl::StrCat("traind_predict_queue_seconds_count", labels, " 0")));
  EXPECT_THAT(Lines(),
              Contains(absl::StrCat("traind_predict_compute_seconds_count", labels, " 0")));
  // The counter of answers is there before the first.
  EXPECT_THAT(Lines(), Contains("traind_predict_requests_total"
                                "{code=\"OK\",model=\"s4\",version=\"7\"} 0"));
}

TEST_F(PredictMetricsTest, RequestsForUnknownModelsShareEmptyLabels) {
  PredictOutcome outcome;
  outcome.code = absl::StatusCode::kNotFound;
  outcome.version = 3;
  metrics_->OnPredict(outcome);
  EXPECT_THAT(Lines(), Contains("traind_predict_requests_total"
                                "{code=\"NOT_FOUND\",model=\"\",version=\"\"} 1"));
}

TEST_F(PredictMetricsTest, TheLeastRecentlyAskedVersionGoesWhenThereAreTooMany) {
  options_.predict_versions_max = 3;
  Restart();
  for (int version : {1, 2, 3, 1, 4}) metrics_->OnPredict(ObservedPredict("s4", version));
  EXPECT_THAT(Lines("version=\"2\""), IsEmpty());
  EXPECT_THAT(Lines("rows_total"),
              UnorderedElementsAre("traind_predict_rows_total{model=\"s4\",version=\"1\"} 20",
                                   "traind_predict_rows_total{model=\"s4\",version=\"3\"} 10",
                                   "traind_predict_rows_total{model=\"s4\",version=\"4\"} 10"));
}

TEST_F(PredictMetricsTest, APublishedVersionStartsAtZero) {
  Publish(8);
  const std::string labels = "model=\"s4\",version=\"8\"";
  EXPECT_THAT(Lines("_total{"),
              Contains(absl::StrCat("traind_predict_rows_total{", labels, "} 0")));
  EXPECT_THAT(Lines("_total{"),
              Contains(absl::StrCat("traind_predict_requests_total{code=\"OK\",", labels, "} 0")));
}

TEST_F(PredictMetricsTest, APublishedVersionTakesNoRoomOfOneThatIsAsked) {
  options_.predict_versions_max = 1;
  Restart();
  metrics_->OnPredict(ObservedPredict("s4", 7));
  Publish(8);
  EXPECT_THAT(Lines("version=\"8\""), IsEmpty());
  EXPECT_THAT(Lines("rows_total"),
              ElementsAre("traind_predict_rows_total{model=\"s4\",version=\"7\"} 10"));
}

TEST_F(PredictMetricsTest, AThousandVersionsLeaveABoundedPage) {
  metrics_->OnPredict(ObservedPredict("s4", 1));
  const size_t lines_of_a_version = Lines("version=\"1\"").size();
  for (int version = 2; version <= 1000; ++version) {
    metrics_->OnPredict(ObservedPredict("s4", version));
  }
  EXPECT_THAT(Lines("model=\"s4\",version="), SizeIs(100 * lines_of_a_version));
}

}  // namespace
}  // namespace traind
