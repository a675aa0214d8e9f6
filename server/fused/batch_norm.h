#ifndef TRAIND_SERVER_FUSED_BATCH_NORM_H_
#define TRAIND_SERVER_FUSED_BATCH_NORM_H_

namespace traind {

// The arithmetic of batch normalisation for one channel, on sums over a batch. In these
// formulas r is what comes in and z = scale * (r - mean) / deviation + shift what goes out.

// z = factor * r + offset.
struct Affine {
  float factor = 1;
  float offset = 0;
};

struct BatchStatistics {
  double mean = 0;
  double variance = 0;           // of the batch: divided by the count
  double inverse_deviation = 0;  // 1 / sqrt(variance + epsilon)
  double unbiased_variance = 0;  // divided by the count - 1, for the running statistics
};

// From the sums of r and of r squared over `count` values.
BatchStatistics StatisticsOf(double sum, double square_sum, double count, double epsilon);

Affine AffineOf(const BatchStatistics& statistics, float scale, float shift);

// What the backward pass makes of g, the gradient by z: that by r is
// of_gradient * g + of_value * r + constant.
struct BatchNormGradient {
  double scale = 0;  // by the scale
  double shift = 0;  // by the shift
  float of_gradient = 1;
  float of_value = 0;
  float constant = 0;
};

// From the sums of g and of g * r over the same values.
BatchNormGradient GradientOf(const BatchStatistics& statistics, float scale, double gradient_sum,
                             double product_sum, double count);

}  // namespace traind

#endif  // TRAIND_SERVER_FUSED_BATCH_NORM_H_
