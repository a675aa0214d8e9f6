#ifndef TRAIND_SERVER_FUSED_STEP_ENGINE_H_
#define TRAIND_SERVER_FUSED_STEP_ENGINE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "server/fused/byte_images.h"
#include "server/fused/fused_plan.h"
#include "server/fused/stage_tensors.h"

namespace traind {

// Trains a network by whole steps: forward, loss, backward and, by SGD, update of the weights.
// docs/fused-step.md tells how. The same calls give the same bits for the same number
// of threads, on one processor. Not thread-safe.
class StepEngine {
 public:
  struct Options {
    int64_t batch_max = 0;  // samples
    int thread_count = 1;
    double label_smoothing = 0;
    // Whether a step updates the weights by SGD; otherwise others do, by its gradients.
    bool updates = true;
    double momentum = 0;
    double weight_decay = 0;
    bool nesterov = false;
    // Activations and their gradients in bf16, all sums and the weights in float32.
    bool bf16 = false;
    // Of the kernels, as in FindConvKernels or FindBf16ConvKernels; empty: the fastest.
    std::string path;
  };

  // `network` and `momentum` (without momentum: all null) have one entry for each stage.
  // They are read and written where they lie at every step, so they must outlive the
  // engine. `path` must exist.
  static std::unique_ptr<StepEngine> Create(FusedPlan plan, const Options& options,
                                            std::vector<StageTensors> network,
                                            std::vector<StageTensors> momentum);
  virtual ~StepEngine() = default;

  struct Batch {
    const float* images = nullptr;    // [rows, C, H, W], normalised
    ByteImages bytes{};               // instead of them, where `images` is null
    const int64_t* labels = nullptr;  // [rows], below the class count
    // Of rows that were mixed: the others of their two labels, and the share of `labels`.
    const int64_t* other_labels = nullptr;
    double label_share = 1;
    int64_t row_count = 0;  // 1 to batch_max
    // What decides dropout.
    uint64_t epoch_seed = 0;
    int64_t step = 0;  // of the epoch
  };
  struct Result {
    double loss_sum = 0;  // over the rows
    int64_t correct_count = 0;
  };

  virtual Result Run(const Batch& batch, double learning_rate) = 0;

  // Of the newest step: the mean loss's gradients, without weight decay. Always at the same
  // place; the next step writes all of them anew.
  virtual const std::vector<StageTensors>& gradients() const = 0;

  // Time of the first thread since construction, waiting included.
  struct StageTimes {
    std::chrono::nanoseconds forward{0};
    std::chrono::nanoseconds backward{0};
  };
  virtual const std::vector<StageTimes>& times() const = 0;
  virtual std::chrono::nanoseconds update_time() const = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_FUSED_STEP_ENGINE_H_
