#include "server/fused/batch_norm.h"

#include <algorithm>
#include <cmath>

namespace traind {

BatchStatistics StatisticsOf(double sum, double square_sum, double count, double epsilon) {
  BatchStatistics statistics;
  statistics.mean = sum / count;
  const double variance = square_sum / count - statistics.mean * statistics.mean;
  // Rounding may make it negative; what is not a number stays so.
  statistics.variance = variance < 0 ? 0 : variance;
  statistics.inverse_deviation = 1 / std::sqrt(statistics.variance + epsilon);
  statistics.unbiased_variance = statistics.variance * count / std::max(count - 1, 1.0);
  return statistics;
}

Affine AffineOf(const BatchStatistics& statistics, float scale, float shift) {
  const double factor = scale * statistics.inverse_deviation;
  return {static_cast<float>(factor), static_cast<float>(shift - factor * statistics.mean)};
}

BatchNormGradient GradientOf(const BatchStatistics& statistics, float scale, double gradient_sum,
                             double product_sum, double count) {
  BatchNormGradient gradient;
  gradient.shift = gradient_sum;
  gradient.scale = (product_sum - statistics.mean * gradient_sum) * statistics.inverse_deviation;
  const double factor = scale * statistics.inverse_deviation;
  const double of_value = -factor * gradient.scale * statistics.inverse_deviation / count;
  gradient.of_gradient = static_cast<float>(factor);
  gradient.of_value = static_cast<float>(of_value);
  gradient.constant =
      static_cast<float>(-factor * gradient_sum / count - of_value * statistics.mean);
  return gradient;
}

}  // namespace traind
