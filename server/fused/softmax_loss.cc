#include "server/fused/softmax_loss.h"

#include <algorithm>
#include <cmath>

namespace traind {

SoftmaxLoss::RowResult SoftmaxLoss::Row(const float* logits, const Target& target,
                                        double gradient_scale, float* gradient) const {
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
  const double share = (1 - label_smoothing) * target.share;
  const double other_share = (1 - label_smoothing) * (1 - target.share);
  for (int i = 0; i < class_count; ++i) {
    const double wanted =
        (i == target.label ? share : 0) + (i == target.other_label ? other_share : 0) + spread;
    gradient[i] = static_cast<float>((std::exp(logits[i] - log_sum) - wanted) * gradient_scale);
  }
  // The targets sum to 1, so each of them sees the same log_sum.
  return {log_sum - share * logits[target.label] - other_share * logits[target.other_label] -
              spread * logit_sum,
          largest == target.label};
}

}  // namespace traind
