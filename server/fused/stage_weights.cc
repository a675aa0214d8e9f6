#include "server/fused/stage_weights.h"

#include <algorithm>

#include "server/fused/stage_shapes.h"
#include "server/fused/weight_packing.h"

namespace traind {

template <class Element>
StageWeights<Element>::StageWeights(const FusedStage& stage, bool folds,
                                    const StageKernels<Element>& kernels)
    : folds_(folds) {
  if (!stage.has_weights()) return;
  const int64_t channels = stage.laid_out_channels;
  const int64_t weight_count = stage.weight_rows() * channels;
  weights_ = AlignedFloats(weight_count);
  bias_ = AlignedFloats(channels);
  if (folds) {
    folded_weights_ = AlignedFloats(weight_count);
    folded_bias_ = AlignedFloats(channels);
  }
  forward_place_ = AlignedArray<Element>(kernels.PreparedCount(ForwardShape(stage, 1)));
  if (!stage.passes_back) return;
  gradient_weights_ = AlignedFloats(weight_count);
  backward_place_ = AlignedArray<Element>(kernels.PreparedCount(InputGradientShape(stage, 1)));
}

template <class Element>
void StageWeights<Element>::Pack(const FusedStage& stage, const StageTensors& tensors,
                                 int64_t begin, int64_t end) {
  if (!stage.has_weights()) return;
  PackWeights(stage, tensors.weight, begin, end, weights_.data());
  if (!stage.passes_back) return;
  PackForInputGradient(stage, tensors.weight, begin, end, gradient_weights_.data());
}

template <class Element>
void StageWeights<Element>::Prepare(const FusedStage& stage, const StageTensors& tensors,
                                    const StageKernels<Element>& kernels) {
  if (!stage.has_weights()) return;
  if (stage.bias) std::copy_n(tensors.bias, stage.out_channels, bias_.data());
  if (!folds_) {
    forward_ = kernels.Prepare(ForwardShape(stage, 1), weights_.data(), forward_place_.data());
  }
  if (!stage.passes_back) return;
  backward_ = kernels.Prepare(InputGradientShape(stage, 1), gradient_weights_.data(),
                              backward_place_.data());
}

template <class Element>
void StageWeights<Element>::Fold(const FusedStage& stage, const float* factors,
                                 const float* offsets, const StageKernels<Element>& kernels) {
  FoldAffine(stage, weights_.data(), bias_.data(), factors, offsets, folded_weights_.data(),
             folded_bias_.data());
  forward_ = kernels.Prepare(ForwardShape(stage, 1), folded_weights_.data(), forward_place_.data());
}

template class StageWeights<float>;
template class StageWeights<Bf16>;

}  // namespace traind
