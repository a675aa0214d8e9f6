#include "server/fused/stage_buffers.h"

#include <algorithm>

#include "server/fused/stage_shapes.h"

namespace traind {
namespace {

int64_t PixelValuesMax(const FusedStage& stage) {
  const int64_t inputs = stage.linear ? stage.weight_rows() : stage.laid_in_channels;
  return std::max<int64_t>(inputs, stage.laid_out_channels);
}

// Kernels may read one element past the end.
template <class Element>
AlignedArray<Element> WithSpare(int64_t size) {
  return AlignedArray<Element>(size + 1);
}

}  // namespace

template <class Element>
ThreadStageBuffers<Element>::ThreadStageBuffers(const FusedStage& stage, int64_t group_max,
                                                const StageKernels<Element>& kernels) {
  const int border = 2 * GradientBorder(stage);
  output_gradient = WithSpare<Element>(group_max * (stage.out_height() + border) *
                                       (stage.out_width() + border) * stage.laid_out_channels);
  if (!stage.direct)
    input_gradient = AlignedArray<Element>(group_max * ValueCount(InputPlane(stage)));
  scratch = AlignedArray<Element>(kernels.ScratchCount(ForwardShape(stage, group_max)));
  weight_gradient = AlignedFloats(stage.weight_rows() * stage.laid_out_channels);
  sums = AlignedFloats(2 * PixelValuesMax(stage));
  for (std::vector<double>* values :
       {&sum, &square_sum, &gradient_sum, &product_sum, &bias_gradient}) {
    values->resize(stage.laid_out_channels);
  }
}

template <class Element>
StageBuffers<Element>::StageBuffers(const FusedStage& stage, const FusedStage* below,
                                    int64_t batch_max, int thread_count,
                                    const StageKernels<Element>& kernels)
    : folds(stage.direct && below->batch_norm.has_value()) {
  const int64_t channels = stage.laid_out_channels;
  const int64_t weight_count = stage.weight_rows() * channels;
  weights = AlignedFloats(weight_count);
  bias = AlignedFloats(channels);
  bias_gradient = AlignedFloats(channels);
  if (folds) {
    folded_weights = AlignedFloats(weight_count);
    folded_bias = AlignedFloats(channels);
  }
  weights_place = AlignedArray<Element>(kernels.PreparedCount(ForwardShape(stage, 1)));
  if (below != nullptr) {
    gradient_weights = AlignedFloats(weight_count);
    gradient_weights_place =
        AlignedArray<Element>(kernels.PreparedCount(InputGradientShape(stage, 1)));
  }
  if (below != nullptr && !stage.direct) {
    inlet.emplace(stage, *below, kernels.elementwise());
  }

  statistics.resize(channels);
  for (AlignedFloats* values : {&factors, &offsets, &of_gradient, &of_value, &constant}) {
    *values = AlignedFloats(channels);
  }
  // Without batch normalisation nothing changes. Padding channels stay 0.
  std::fill_n(factors.data(), stage.out_channels, 1.0F);
  std::fill_n(of_gradient.data(), stage.out_channels, 1.0F);

  if (!stage.direct) input = WithSpare<Element>(batch_max * stage.in_stride());
  output = WithSpare<Element>(batch_max * stage.out_values());
  output_gradient = AlignedArray<Element>(batch_max * stage.out_values());
  if (inlet) {
    mask = AlignedArray<uint8_t>(batch_max * inlet->mask_bytes());
    note = AlignedArray<uint8_t>(batch_max * inlet->note_bytes());
  }
  const int64_t group_max = stage.linear ? (batch_max + thread_count - 1) / thread_count : 1;
  for (int thread = 0; thread < thread_count; ++thread) {
    threads.emplace_back(stage, group_max, kernels);
  }
}

template struct ThreadStageBuffers<float>;
template struct ThreadStageBuffers<Bf16>;
template struct StageBuffers<float>;
template struct StageBuffers<Bf16>;

}  // namespace traind
