#ifndef TRAIND_SERVER_TORCH_TRAIN_EVALUATION_METRICS_H_
#define TRAIND_SERVER_TORCH_TRAIN_EVALUATION_METRICS_H_

#include <cstdint>
#include <vector>

#include "server/torch/torch_headers.h"
#include "traind/v1/recipe.pb.h"
#include "traind/v1/run.pb.h"

namespace traind {

// Adds up a recipe's further metrics over the batches of one evaluation. Used once, from
// one thread. Throws c10::Error.
class EvaluationMetrics {
 public:
  // The recipe's metrics, and after them the one that its selection goes by, if it is
  // none of these.
  explicit EvaluationMetrics(const v1::Recipe& recipe);

  // Takes in a batch: outputs [B, K], targets as LossFunction has them. Does not wait for
  // the device.
  void Add(const at::Tensor& outputs, const at::Tensor& targets);

  // The values over all rows, in order; waits for the device. top_K_accuracy has one
  // value; precision and recall one for each class, 0 where nothing was, or was to be,
  // found; confusion_matrix one for each pair, row by row the class that it is.
  std::vector<v1::MetricValue> Values() const;

 private:
  void AddClasses(const at::Tensor& outputs, const at::Tensor& targets);
  void AddErrors(const at::Tensor& outputs, const at::Tensor& targets);
  void AppendClassFigures(const v1::Metric& metric, std::vector<v1::MetricValue>& values) const;

  const std::vector<v1::Metric> metrics_;
  bool has_confusion_ = false;
  bool has_errors_ = false;
  int64_t row_count_ = 0;
  int64_t value_count_ = 0;
  int64_t class_count_ = 0;
  std::vector<at::Tensor> top_counts_;  // for each metric; undefined but for top_k_accuracy
  at::Tensor confusion_;                // int64 [K * K]
  at::Tensor absolute_sum_;             // float64 scalars
  at::Tensor square_sum_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_EVALUATION_METRICS_H_
