#ifndef TRAIND_SERVER_TORCH_TRAIN_WEIGHT_AVERAGE_H_
#define TRAIND_SERVER_TORCH_TRAIN_WEIGHT_AVERAGE_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "server/torch/checkpoint/state_tensors.h"
#include "server/torch/nn/network.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Exponential moving average of a network's weights and running statistics, kept
// in a second network of the same layers. The share that is kept grows to `decay`
// over the first updates as min(decay, (1 + n) / (10 + n)), n the updates before
// (tf.train.ExponentialMovingAverage with num_updates), so that the initial
// weights are soon forgotten. Not thread-safe.
class WeightAverage {
 public:
  // Both networks must outlive it and must hold equal values now.
  WeightAverage(const v1::Ema& options, const Network& source, const Network& average);

  // Called after step 1, 2, 3…; takes the weights in every `every_steps` steps.
  void Update(int64_t step);

  // The share of the new weights that step 1, 2, 3… takes in; 0 where none is due.
  static double ShareAt(const v1::Ema& options, int64_t step);
  // Updates up to this step.
  static int64_t UpdateCountAt(const v1::Ema& options, int64_t step);

  // Saves the number of updates, or goes on from it; the average's own weights are
  // the caller's. DATA_LOSS.
  void Save(StateTensors& state) const { state.PutNumber("average.update_count", update_count_); }
  absl::Status Load(StateTensors& state) {
    return state.TakeNumber("average.update_count", update_count_);
  }

 private:
  v1::Ema options_;
  int64_t update_count_ = 0;
  std::vector<at::Tensor> source_;
  std::vector<at::Tensor> average_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_WEIGHT_AVERAGE_H_
