#ifndef TRAIND_SERVER_FUSED_FUSED_NETWORK_H_
#define TRAIND_SERVER_FUSED_FUSED_NETWORK_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "server/fused/aligned_array.h"
#include "server/fused/fused_plan.h"
#include "server/fused/inlet_pass.h"
#include "server/fused/stage_tensors.h"
#include "server/kernels/conv.h"
#include "server/kernels/elementwise.h"

namespace traind {

// A network that only computes logits: batch normalisation by the running statistics is
// folded into weights for good. Thread-safe; calls at once work each in memory of its
// own, which is kept for the next ones, so that nothing is allocated in the long run.
class FusedNetwork {
 public:
  // Copies what it needs of `tensors`, one entry for each stage. `pixels`, one for each
  // channel or none, are applied to images first: their normalisation. `path` is that of
  // the kernels as in FindConvKernels; empty: the fastest.
  FusedNetwork(FusedPlan plan, absl::Span<const StageTensors> tensors,
               std::vector<Affine> pixels = {}, const std::string& path = "");
  FusedNetwork(const FusedNetwork&) = delete;
  ~FusedNetwork();

  // From images [rows, C, H, W] to logits [rows, class_count]. A row's logits
  // do not depend on the other rows, nor on how many there are.
  void Run(const float* images, int64_t row_count, float* logits) const;

  int64_t image_values() const { return image_values_; }
  int class_count() const { return plan_.class_count(); }
  // Memory of the weights.
  int64_t memory_bytes() const;

 private:
  // Rows that go through the linear layers together.
  static constexpr int64_t kRowsAtOnce = 16;

  struct Stage {
    AlignedFloats weights;
    AlignedFloats bias;
    AlignedFloats factors;  // batch normalisation of the output
    AlignedFloats offsets;
    std::optional<InletPass<float>> inlet;
  };
  struct Workspace;

  void Load(int stage, const StageTensors& tensors);
  std::unique_ptr<Workspace> TakeWorkspace() const;
  void RunConvolutions(const float* image, int64_t row, Workspace& workspace) const;
  void RunLinear(int stage, int64_t row_count, Workspace& workspace) const;
  void MakeInput(int stage, int64_t row, const float* image, Workspace& workspace) const;
  void RunStage(int stage, int64_t sample_count, const float* input, float* output) const;
  const float* Input(int stage, int64_t row, Workspace& workspace) const;
  float* Output(int stage, int64_t row, Workspace& workspace) const;
  bool HoldsRows(int stage) const;

  // Constant after construction.
  const FusedPlan plan_;
  const std::vector<Affine> pixels_;
  const ConvKernels& conv_;
  const ElementwiseKernels& elementwise_;
  std::vector<Stage> stages_;
  int first_linear_ = 0;
  int64_t image_values_ = 0;

  mutable absl::Mutex mutex_;
  mutable std::vector<std::unique_ptr<Workspace>> free_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace traind

#endif  // TRAIND_SERVER_FUSED_FUSED_NETWORK_H_
