#ifndef TRAIND_SERVER_PREDICT_LOG_H_
#define TRAIND_SERVER_PREDICT_LOG_H_

#include <string>

#include "absl/status/status.h"
#include "server/serving/model_pool.h"
#include "server/serving/predict_observer.h"
#include "server/torch/infer/inference_form.h"
#include "traind/v1/model.pb.h"

namespace traind {

// What the log says of predictions. Thread-safe.

// A version was loaded: in what form it runs, and what that changes.
void LogLoadedModel(const v1::ModelVersion& version, const InferenceForm& form);

// A version could not be loaded, and why; silent about other changes of state.
void LogFailedLoad(const ModelPool::Status& status);

// A model that is to stay loaded does not exist, as `found` tells; silent when it is OK.
void LogAbsentPin(const std::string& model, const absl::Status& found);

// An execution does not come back.
void LogStuckExecution(const StuckExecution& execution);

}  // namespace traind

#endif  // TRAIND_SERVER_PREDICT_LOG_H_
