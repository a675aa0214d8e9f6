#include "server/telemetry/predict_metrics.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/telemetry/buckets.h"

namespace traind {

PredictMetrics::PredictMetrics(prometheus::Registry& registry)
    : requests_(prometheus::BuildCounter()
                    .Name("traind_predict_requests_total")
                    .Help("Predict requests answered, by model, version and code.")
                    .Register(registry)),
      rows_(prometheus::BuildCounter()
                .Name("traind_predict_rows_total")
                .Help("Rows that Predict has answered with OK.")
                .Register(registry)),
      duration_(prometheus::BuildHistogram()
                    .Name("traind_predict_duration_seconds")
                    .Help("Time of Predict requests from arrival to answer, whatever the code.")
                    .Register(registry)) {}

void PredictMetrics::OnPredict(const PredictOutcome& outcome) {
  const bool known = !outcome.model.empty();
  const prometheus::Labels model = {{"model", outcome.model},
                                    {"version", known ? absl::StrCat(outcome.version) : ""}};
  prometheus::Labels model_and_code = model;
  model_and_code["code"] = absl::StatusCodeToString(outcome.code);
  requests_.Add(model_and_code).Increment();
  duration_.Add(model, LatencyBuckets()).Observe(absl::ToDoubleSeconds(outcome.total_time));
  if (outcome.code == absl::StatusCode::kOk) {
    rows_.Add(model).Increment(static_cast<double>(outcome.row_count));
  }
}

}  // namespace traind
