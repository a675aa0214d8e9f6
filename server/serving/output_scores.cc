#include "server/serving/output_scores.h"

#include <algorithm>
#include <cmath>

namespace traind {

void FitScores(const v1::Loss& loss, Prediction& prediction) {
  if (!loss.has_binary_cross_entropy()) return;
  std::transform(prediction.logits.begin(), prediction.logits.end(),
                 prediction.probabilities.begin(),
                 [](float logit) { return 1 / (1 + std::exp(-logit)); });
}

bool HasOutput(const v1::ModelVersion& version, absl::string_view name) {
  if (version.outputs().empty()) return name != "values";
  return std::any_of(version.outputs().begin(), version.outputs().end(),
                     [name](const v1::TensorSignature& output) { return output.name() == name; });
}

}  // namespace traind
