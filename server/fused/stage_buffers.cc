#include "server/fused/stage_buffers.h"

#include <algorithm>

#include "server/fused/stage_shapes.h"
#include "server/fused/weight_packing.h"

namespace traind {
namespace {

int64_t PixelValuesMax(const FusedStage& stage) {
  const int64_t inputs = stage.is_linear() ? stage.weight_rows() : stage.laid_in_channels;
  return std::max<int64_t>(inputs, stage.laid_out_channels);
}

// Kernels may read one element past the end.
template <class Element>
AlignedArray<Element> WithSpare(int64_t size) {
  return AlignedArray<Element>(size + 1);
}

bool Folds(const FusedStage& stage, const FusedStage* source) {
  return stage.direct && source->batch_norm.has_value();
}

}  // namespace

template <class Element>
ThreadStageBuffers<Element>::ThreadStageBuffers(const FusedStage& stage, const FusedStage* source,
                                                int64_t group_max,
                                                const StageKernels<Element>& kernels) {
  const int border = 2 * OutputGradientBorder(stage);
  output_gradient = WithSpare<Element>(group_max * (stage.out_height() + border) *
                                       (stage.out_width() + border) * stage.laid_out_channels);
  sums = AlignedFloats(2 * PixelValuesMax(stage));
  for (std::vector<double>* values :
       {&sum, &square_sum, &gradient_sum, &product_sum, &bias_gradient}) {
    values->resize(stage.laid_out_channels);
  }
  if (stage.adds_to_source) {
    source_gradient = AlignedArray<Element>(group_max * source->out_values());
  }
  if (!stage.has_weights()) return;
  if (SpreadsApart(stage)) {
    const ConvShape shape = InputGradientShape(stage, 1);
    spread_gradient =
        WithSpare<Element>(int64_t{shape.in_height} * shape.in_width * shape.in_channels);
  }
  if (stage.has_input()) {
    input_gradient = AlignedArray<Element>(group_max * ValueCount(InputPlane(stage)));
  }
  scratch = AlignedArray<Element>(kernels.ScratchCount(ForwardShape(stage, group_max)));
  weight_gradient = AlignedFloats(stage.weight_rows() * stage.laid_out_channels);
}

template <class Element>
StageBuffers<Element>::StageBuffers(const FusedStage& stage, const FusedStage* source,
                                    int64_t batch_max, int thread_count,
                                    const StageKernels<Element>& kernels)
    : weights(stage, Folds(stage, source), kernels) {
  const int64_t channels = stage.laid_out_channels;
  bias_gradient = AlignedFloats(channels);
  if (source != nullptr && !stage.direct && stage.kind != FusedStage::Kind::kSum) {
    inlet.emplace(stage, *source, kernels.elementwise());
  }

  statistics.resize(channels);
  for (AlignedFloats* values : {&factors, &offsets, &of_gradient, &of_value, &constant}) {
    *values = AlignedFloats(channels);
  }
  // Without batch normalisation nothing changes. Padding channels stay 0.
  std::fill_n(factors.data(), stage.out_channels, 1.0F);
  std::fill_n(of_gradient.data(), stage.out_channels, 1.0F);

  if (stage.has_input()) input = WithSpare<Element>(batch_max * stage.in_stride());
  output = WithSpare<Element>(batch_max * stage.out_values());
  output_gradient = AlignedArray<Element>(batch_max * stage.out_values());
  if (inlet) {
    mask = AlignedArray<uint8_t>(batch_max * inlet->mask_bytes());
    note = AlignedArray<uint8_t>(batch_max * inlet->note_bytes());
  }
  const int64_t group_max = stage.is_linear() ? (batch_max + thread_count - 1) / thread_count : 1;
  for (int thread = 0; thread < thread_count; ++thread) {
    threads.emplace_back(stage, source, group_max, kernels);
  }
}

template <class Element>
void StageBuffers<Element>::FinishStatistics(const FusedStage& stage, const StageTensors& network,
                                             double value_count) {
  const FusedBatchNorm& batch_norm = *stage.batch_norm;
  const auto move = [&](float& running, double value) {
    running = static_cast<float>((1 - batch_norm.momentum) * running + batch_norm.momentum * value);
  };
  for (int c = 0; c < stage.out_channels; ++c) {
    statistics[c] = StatisticsOf(Total(&ThreadStageBuffers<Element>::sum, c),
                                 Total(&ThreadStageBuffers<Element>::square_sum, c), value_count,
                                 batch_norm.epsilon);
    const Affine affine = AffineOf(statistics[c], network.scale[c], network.shift[c]);
    factors[c] = affine.factor;
    offsets[c] = affine.offset;
    move(network.running_mean[c], statistics[c].mean);
    move(network.running_variance[c], statistics[c].unbiased_variance);
  }
}

template <class Element>
void StageBuffers<Element>::FinishBatchNormGradient(const FusedStage& stage,
                                                    const StageTensors& network, double value_count,
                                                    const StageTensors& gradients) {
  for (int c = 0; c < stage.out_channels; ++c) {
    const BatchNormGradient gradient = GradientOf(
        statistics[c], network.scale[c], Total(&ThreadStageBuffers<Element>::gradient_sum, c),
        Total(&ThreadStageBuffers<Element>::product_sum, c), value_count);
    gradients.scale[c] = static_cast<float>(gradient.scale);
    gradients.shift[c] = static_cast<float>(gradient.shift);
    of_gradient[c] = gradient.of_gradient;
    of_value[c] = gradient.of_value;
    constant[c] = gradient.constant;
  }
}

template <class Element>
void StageBuffers<Element>::FinishBiasGradient(const FusedStage& stage,
                                               const StageTensors& gradients) {
  for (int c = 0; c < stage.out_channels; ++c) {
    bias_gradient[c] = static_cast<float>(Total(&ThreadStageBuffers<Element>::bias_gradient, c));
    if (stage.bias) gradients.bias[c] = bias_gradient[c];
  }
}

template <class Element>
void StageBuffers<Element>::ReduceWeightGradient(const FusedStage& stage,
                                                 const StageBuffers* source, int64_t begin,
                                                 int64_t end, const StageTensors& gradients) {
  float* const sum = threads[0].weight_gradient.data();
  for (size_t other = 1; other < threads.size(); ++other) {
    const float* const addend = threads[other].weight_gradient.data();
    for (int64_t i = begin * stage.laid_out_channels; i < end * stage.laid_out_channels; ++i) {
      sum[i] += addend[i];
    }
  }
  if (weights.folds()) {
    UnfoldGradient(stage, source->factors.data(), source->offsets.data(), bias_gradient.data(),
                   begin, end, sum);
  }
  UnpackWeights(stage, sum, begin, end, gradients.weight);
}

template struct ThreadStageBuffers<float>;
template struct ThreadStageBuffers<Bf16>;
template struct StageBuffers<float>;
template struct StageBuffers<Bf16>;

}  // namespace traind
