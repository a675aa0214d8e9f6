#ifndef TRAIND_SERVER_TORCH_TRAIN_STEP_TRACE_H_
#define TRAIND_SERVER_TORCH_TRAIN_STEP_TRACE_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "server/datasets/split.h"
#include "server/runs/trace_store.h"
#include "server/torch/nn/network.h"
#include "server/torch/torch_headers.h"
#include "server/torch/train/train_step.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Collects what a step computes and keeps it as a row of the trace. It only reads, so no bit
// of the training changes; on a GPU each look waits for the device. Not thread-safe. Throws
// c10::Error.
class StepTrace : public LayerObserver {
 public:
  // `recipe` fits `split` and `network`; network and store must outlive it.
  StepTrace(const v1::Recipe& recipe, const Split& split, const Network& network,
            TraceStore& store);

  // What each row holds.
  const v1::TraceLayout& layout() const { return layout_; }

  // Goes on after `step` of the run. The store's errors.
  absl::Status Open(int64_t step) { return store_.Open(layout_, step); }

  // A step begins with this batch and the weights as they are; it has ended with these
  // gradients, in the order of the network's parameters.
  void Begin(const Batch& batch);
  void OnOutput(int64_t layer, const at::Tensor& output) override;
  void End(const at::Tensor& loss, const std::vector<at::Tensor>& gradients);

  // Adds the row of the step that has ended. The store's errors.
  absl::Status Keep(int64_t step, int epoch);
  absl::Status Flush() { return store_.Flush(); }

 private:
  // Writes a tensor's values to the layout's place `index`; a shorter batch leaves the rest NaN.
  void Put(int index, const at::Tensor& tensor);

  const Network& network_;
  TraceStore& store_;
  v1::TraceLayout layout_;
  std::vector<int64_t> offsets_;  // of each tensor within the row's values, then their end
  int first_weight_ = 0;          // places within the layout
  int first_output_ = 0;
  int first_gradient_ = 0;
  v1::TraceRow row_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_STEP_TRACE_H_
