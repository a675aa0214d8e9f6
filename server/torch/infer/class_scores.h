#ifndef TRAIND_SERVER_TORCH_INFER_CLASS_SCORES_H_
#define TRAIND_SERVER_TORCH_INFER_CLASS_SCORES_H_

#include "absl/types/span.h"
#include "server/serving/executor.h"

namespace traind {

// Appends rows to the prediction, whose class_count says how long one is: the logits,
// their softmax, and the class of the largest (of equal ones the first).
void AppendScores(absl::Span<const float> logits, Prediction& prediction);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_INFER_CLASS_SCORES_H_
