#include "server/torch/infer/class_scores.h"

#include <algorithm>
#include <cmath>

namespace traind {

void AppendScores(absl::Span<const float> logits, Prediction& prediction) {
  const auto class_count = static_cast<size_t>(prediction.class_count);
  prediction.logits.insert(prediction.logits.end(), logits.begin(), logits.end());
  for (size_t first = 0; first < logits.size(); first += class_count) {
    const absl::Span<const float> row = logits.subspan(first, class_count);
    const auto largest = std::max_element(row.begin(), row.end());
    prediction.classes.push_back(largest - row.begin());
    float sum = 0;
    const size_t begin = prediction.probabilities.size();
    for (const float logit : row) {
      const float share = std::exp(logit - *largest);
      prediction.probabilities.push_back(share);
      sum += share;
    }
    for (size_t i = begin; i < prediction.probabilities.size(); ++i) {
      prediction.probabilities[i] /= sum;
    }
  }
}

}  // namespace traind
