#ifndef TRAIND_SERVER_SERVING_PREDICT_CALL_H_
#define TRAIND_SERVER_SERVING_PREDICT_CALL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/serving/executor.h"
#include "server/serving/tensor_view.h"
#include "traind/v1/model.pb.h"

namespace traind {

// What is asked of a model, whatever protocol it came by.
struct PredictCall {
  std::string model;
  // Which version; both empty: as the model's route says.
  int64_t version = 0;
  std::string alias;
  // What they point to must live until the answer.
  std::vector<TensorView> inputs;
  // On the monotonic clock.
  absl::Duration deadline = absl::InfiniteDuration();
  // 1 goes first of all, then 2 and so on; 0, which most have, stands for 100.
  uint64_t priority = 0;
  // Whether nobody waits for the answer any more; may be empty. Called on other threads.
  std::function<bool()> is_cancelled;
};

// The answer.
struct Predicted {
  std::shared_ptr<const v1::ModelVersion> version;
  // Of this call's rows alone.
  Prediction prediction;
  absl::Duration queue_time;
  // Of the whole batch that the rows were part of.
  absl::Duration compute_time;
};

using PredictDone = std::function<void(absl::StatusOr<Predicted>)>;

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_PREDICT_CALL_H_
