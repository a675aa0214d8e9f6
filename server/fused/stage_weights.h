#ifndef TRAIND_SERVER_FUSED_STAGE_WEIGHTS_H_
#define TRAIND_SERVER_FUSED_STAGE_WEIGHTS_H_

#include <cstdint>

#include "server/fused/aligned_array.h"
#include "server/fused/fused_plan.h"
#include "server/fused/stage_kernels.h"
#include "server/fused/stage_tensors.h"

namespace traind {

// A stage's weights and bias as its kernels read them, made anew at every step from the
// network's tensors. Element is float or Bf16. Empty for stages without weights.
template <class Element>
class StageWeights {
 public:
  // `folds`: batch normalisation of the source goes into them.
  StageWeights(const FusedStage& stage, bool folds, const StageKernels<Element>& kernels);

  // First the rows `begin` to `end` of all weights, by whichever threads; then, once and
  // by one thread, what the kernels read of them.
  void Pack(const FusedStage& stage, const StageTensors& tensors, int64_t begin, int64_t end);
  void Prepare(const FusedStage& stage, const StageTensors& tensors,
               const StageKernels<Element>& kernels);

  // Only if it folds: once the batch normalisation of the source is known, factor and
  // offset of each of its channels.
  void Fold(const FusedStage& stage, const float* factors, const float* offsets,
            const StageKernels<Element>& kernels);

  const Element* forward() const { return forward_; }
  const Element* backward() const { return backward_; }
  const float* bias() const { return (folds_ ? folded_bias_ : bias_).data(); }
  bool folds() const { return folds_; }

 private:
  const bool folds_;
  // Packed, and the same with the batch normalisation in them.
  AlignedFloats weights_;
  AlignedFloats bias_;
  AlignedFloats folded_weights_;
  AlignedFloats folded_bias_;
  AlignedFloats gradient_weights_;  // for the input gradient, if it passes back

  // What StageKernels::Prepare made of them, and where for lack of a better place.
  const Element* forward_ = nullptr;
  const Element* backward_ = nullptr;
  AlignedArray<Element> forward_place_;
  AlignedArray<Element> backward_place_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_FUSED_STAGE_WEIGHTS_H_
