#ifndef TRAIND_SERVER_SERVING_OUTPUT_SCORES_H_
#define TRAIND_SERVER_SERVING_OUTPUT_SCORES_H_

#include "absl/strings/string_view.h"
#include "server/serving/executor.h"
#include "traind/v1/model.pb.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Executors give the softmax of all outputs. With binary cross entropy each output stands
// for itself: puts the sigmoid of its logit in that place.
void FitScores(const v1::Loss& loss, Prediction& prediction);

// True when the version answers with an output of this name. One that names no outputs, as
// of older builds, has those of classes.
bool HasOutput(const v1::ModelVersion& version, absl::string_view name);

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_OUTPUT_SCORES_H_
