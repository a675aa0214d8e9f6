#ifndef TRAIND_SERVER_PREDICT_LOG_H_
#define TRAIND_SERVER_PREDICT_LOG_H_

#include "server/serving/predict_observer.h"
#include "server/torch/infer/inference_form.h"
#include "traind/v1/model.pb.h"

namespace traind {

// What the log says of predictions. Thread-safe.

// A version was loaded: in what form it runs, and what that changes.
void LogLoadedModel(const v1::ModelVersion& version, const InferenceForm& form);

// An execution does not come back.
void LogStuckExecution(const StuckExecution& execution);

}  // namespace traind

#endif  // TRAIND_SERVER_PREDICT_LOG_H_
