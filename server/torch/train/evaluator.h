#ifndef TRAIND_SERVER_TORCH_TRAIN_EVALUATOR_H_
#define TRAIND_SERVER_TORCH_TRAIN_EVALUATOR_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "server/datasets/split.h"
#include "server/torch/nn/network.h"
#include "server/torch/nn/pixel_normalization.h"
#include "server/torch/train/loss_function.h"
#include "traind/v1/model.pb.h"
#include "traind/v1/recipe.pb.h"
#include "traind/v1/run.pb.h"

namespace traind {

// How good a network is on a split.
struct Evaluation {
  double loss = 0;  // mean over the rows: LossFunction::RowLosses
  int64_t correct_count = 0;
  int64_t row_count = 0;
  std::vector<v1::MetricValue> metrics;  // see EvaluationMetrics
};

// Evaluates networks on a whole split, in float32 as Predict does, or in float64 where the
// recipe trains in it. Not thread-safe.
class Evaluator {
 public:
  // `split` must outlive the evaluator.
  Evaluator(const Split& split, const v1::Recipe& recipe, at::Device device);

  // From normalised images to logits, as Network::Forward.
  using ForwardPass = std::function<at::Tensor(const at::Tensor& images)>;

  // Throws c10::Error.
  Evaluation Evaluate(const Network& network) const;
  Evaluation Evaluate(const ForwardPass& forward) const;

  // What the network answers to the split's first row, given as Predict is. Throws c10::Error.
  v1::ModelSample Sample(const Network& network) const;

 private:
  // These rows as the network sees them.
  at::Tensor Prepared(int64_t start, int64_t count) const;

  const v1::Recipe recipe_;
  const LossFunction loss_;
  const PixelNormalization normalization_;
  const at::Tensor images_;
  const at::Tensor labels_;  // classes or values
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_EVALUATOR_H_
