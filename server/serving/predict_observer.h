#ifndef TRAIND_SERVER_SERVING_PREDICT_OBSERVER_H_
#define TRAIND_SERVER_SERVING_PREDICT_OBSERVER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/serving/executor.h"

namespace traind {

// How one Predict went.
struct PredictOutcome {
  // Empty when the request named no known model, so that labels stay bounded.
  std::string model;
  int64_t version = 0;
  absl::StatusCode code = absl::StatusCode::kOk;
  int64_t row_count = 0;
  // Rows of the batch that it was computed in; 0 when it was not.
  int64_t batch_row_count = 0;
  absl::Duration total_time;
  // Absent when the request was refused before it could wait.
  std::optional<absl::Duration> queue_time;
  // Absent when the model did not run to its end.
  std::optional<absl::Duration> compute_time;
};

// One execution: what several requests may have shared.
struct PredictBatch {
  std::string model;
  int64_t version = 0;
  int64_t call_count = 0;
  int64_t row_count = 0;
  ComputeTimes times;
};

// An execution that has not come back for longer than Limits::predict_stuck_timeout.
struct StuckExecution {
  std::string model;
  int64_t version = 0;
  int64_t row_count = 0;
  absl::Duration elapsed;
};

// Who wants to know what Predict does. Thread-safe and quick.
class PredictObserver {
 public:
  virtual ~PredictObserver() = default;

  // Called once per request, whether it succeeded or not.
  virtual void OnPredict(const PredictOutcome& outcome) = 0;

  // Called once per execution that succeeded, before the OnPredict of its requests.
  virtual void OnBatch(const PredictBatch&) {}

  // Called once per execution that is stuck, while it still runs.
  virtual void OnStuck(const StuckExecution&) {}
};

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_PREDICT_OBSERVER_H_
