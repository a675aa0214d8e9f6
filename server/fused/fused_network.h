#ifndef TRAIND_SERVER_FUSED_FUSED_NETWORK_H_
#define TRAIND_SERVER_FUSED_FUSED_NETWORK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "server/fused/batch_norm.h"
#include "server/fused/fused_plan.h"
#include "server/fused/stage_tensors.h"

namespace traind {

// A network that only computes logits: batch normalisation by the running statistics is
// folded into weights for good. Thread-safe; calls at once work each in memory of its
// own, which is kept for the next ones, so that nothing is allocated in the long run.
class FusedNetwork {
 public:
  struct Options {
    // One for each channel or none: applied to images first, their normalisation.
    std::vector<Affine> pixels = {};
    // Weights and what flows between the stages in bf16; sums and logits are floats.
    bool bf16 = false;
    // Of the kernels, as in FindConvKernels or FindBf16ConvKernels; empty: the fastest.
    std::string path = {};
  };

  // Copies what it needs of `tensors`, one entry for each stage. The path must exist.
  static std::unique_ptr<FusedNetwork> Create(FusedPlan plan,
                                              absl::Span<const StageTensors> tensors,
                                              const Options& options);
  virtual ~FusedNetwork() = default;

  // From images [rows, C, H, W] to logits [rows, class_count]. A row's logits
  // do not depend on the other rows, nor on how many there are.
  virtual void Run(const float* images, int64_t row_count, float* logits) const = 0;

  virtual int64_t image_values() const = 0;
  virtual int class_count() const = 0;
  // Memory of the weights.
  virtual int64_t memory_bytes() const = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_FUSED_FUSED_NETWORK_H_
