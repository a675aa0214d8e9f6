#include "server/fused/softmax_loss.h"

#include <algorithm>
#include <cmath>

namespace traind {

SoftmaxLoss::RowResult SoftmaxLoss::Row(const float* logits, int64_t label, double gradient_scale,
                                        float* gradient) const {
  const float* const end = logits + class_count;
  const int64_t largest = std::max_element(logits, end) - logits;
  const double top = logits[largest];
  double exponent_sum = 0;
  double logit_sum = 0;
  for (const float* logit = logits; logit < end; ++logit) {
    exponent_sum += std::exp(*logit - top);
    logit_sum += *logit;
  }
  const double log_sum = top + std::log(exponent_sum);
  const double spread = label_smoothing / class_count;
  for (int i = 0; i < class_count; ++i) {
    const double target = (i == label ? 1 - label_smoothing : 0) + spread;
    gradient[i] = static_cast<float>((std::exp(logits[i] - log_sum) - target) * gradient_scale);
  }
  // The targets sum to 1, so each of them sees the same log_sum.
  return {log_sum - (1 - label_smoothing) * logits[label] - spread * logit_sum, largest == label};
}

}  // namespace traind
