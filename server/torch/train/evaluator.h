#ifndef TRAIND_SERVER_TORCH_TRAIN_EVALUATOR_H_
#define TRAIND_SERVER_TORCH_TRAIN_EVALUATOR_H_

#include <cstdint>
#include <functional>

#include "server/datasets/split.h"
#include "server/torch/nn/network.h"
#include "server/torch/nn/pixel_normalization.h"
#include "traind/v1/model.pb.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// How good a network is on a split.
struct Evaluation {
  double loss = 0;  // mean over the rows of -log_softmax(logits)[label], no smoothing
  int64_t correct_count = 0;
  int64_t row_count = 0;
};

// Evaluates networks on a whole split, in float32 as Predict does. Not thread-safe.
class Evaluator {
 public:
  // `split` must outlive the evaluator.
  Evaluator(const Split& split, const v1::Normalization& normalization, at::Device device);

  // From normalised images to logits, as Network::Forward.
  using ForwardPass = std::function<at::Tensor(const at::Tensor& images)>;

  // Throws c10::Error.
  Evaluation Evaluate(const Network& network) const;
  Evaluation Evaluate(const ForwardPass& forward) const;

  // What the network answers to the split's first row, given as Predict is. Throws c10::Error.
  v1::ModelSample Sample(const Network& network) const;

 private:
  const PixelNormalization normalization_;
  const at::Tensor images_;
  const at::Tensor labels_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_EVALUATOR_H_
