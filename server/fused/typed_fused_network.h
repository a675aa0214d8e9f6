#ifndef TRAIND_SERVER_FUSED_TYPED_FUSED_NETWORK_H_
#define TRAIND_SERVER_FUSED_TYPED_FUSED_NETWORK_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "server/fused/aligned_array.h"
#include "server/fused/fused_network.h"
#include "server/fused/inlet_pass.h"
#include "server/fused/stage_kernels.h"

namespace traind {

// A FusedNetwork whose weights and activations are of this type: float or Bf16.
template <class Element>
class TypedFusedNetwork : public FusedNetwork {
 public:
  TypedFusedNetwork(FusedPlan plan, absl::Span<const StageTensors> tensors, const Options& options);
  TypedFusedNetwork(const TypedFusedNetwork&) = delete;
  ~TypedFusedNetwork() override;

  void Run(const float* images, int64_t row_count, float* logits) const override;
  int64_t image_values() const override { return image_values_; }
  int class_count() const override { return plan_.class_count(); }
  int64_t memory_bytes() const override;

 private:
  // Rows that go through the linear layers together.
  static constexpr int64_t kRowsAtOnce = 16;

  struct Stage {
    // As the kernels read them: `place`, unless they read `weights` itself.
    AlignedFloats weights;
    AlignedArray<Element> place;
    const Element* prepared = nullptr;
    AlignedFloats bias;
    AlignedFloats factors;  // batch normalisation of the output
    AlignedFloats offsets;
    std::optional<InletPass<Element>> inlet;
    // Rows whose inputs and outputs are kept: kRowsAtOnce where a linear layer, or what
    // comes after one, reads or writes them, else 1.
    int64_t input_rows = 1;
    int64_t output_rows = 1;
  };
  struct Workspace;

  void Load(int stage, const StageTensors& tensors);
  void KeepRows();
  std::unique_ptr<Workspace> TakeWorkspace() const;
  // The stages before the first linear one, and its input.
  void RunRow(const float* image, int64_t row, Workspace& workspace) const;
  // A stage from the first linear one on.
  void RunRows(int stage, int64_t row_count, Workspace& workspace) const;
  void RunStage(int stage, int64_t row, int64_t row_count, Workspace& workspace) const;
  void Join(int stage, int64_t row, Workspace& workspace) const;
  void MakeInput(int stage, int64_t row, const float* image, Workspace& workspace) const;
  AffineTerm<Element> TermOf(int stage, int64_t row, Workspace& workspace) const;
  const Element* Input(int stage, int64_t row, Workspace& workspace) const;
  Element* Output(int stage, int64_t row, Workspace& workspace) const;

  // Constant after construction.
  const FusedPlan plan_;
  const std::vector<Affine> pixels_;
  const StageKernels<Element> kernels_;
  std::vector<Stage> stages_;
  int first_linear_ = 0;
  int64_t image_values_ = 0;

  mutable absl::Mutex mutex_;
  mutable std::vector<std::unique_ptr<Workspace>> free_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace traind

#endif  // TRAIND_SERVER_FUSED_TYPED_FUSED_NETWORK_H_
