// The half of TypedStepEngine that goes backward.
#include <algorithm>
#include <utility>

#include "server/fused/element.h"
#include "server/fused/stage_shapes.h"
#include "server/fused/typed_step_engine.h"

namespace traind {
namespace {

// For values of many pixels that lie one behind the other.
void AddPixelsTo(const float* values, int64_t count, std::vector<double>& sums) {
  const int64_t channels = static_cast<int64_t>(sums.size());
  for (int64_t pixel = 0; pixel < count; pixel += channels) AddTo(values + pixel, sums);
}

}  // namespace

template <class Element>
void TypedStepEngine<Element>::Backward(int s, int thread) {
  const FusedStage& stage = plan_.stages[s];
  ThreadStageBuffers<Element>& own = stages_[s].threads[thread];
  std::fill_n(own.weight_gradient.data(), own.weight_gradient.size(), 0.0F);
  std::fill(own.bias_gradient.begin(), own.bias_gradient.end(), 0);
  for (const int source : {stage.source, stage.addend}) {
    if (source < 0) continue;
    ThreadStageBuffers<Element>& below = stages_[source].threads[thread];
    std::fill(below.gradient_sum.begin(), below.gradient_sum.end(), 0);
    std::fill(below.product_sum.begin(), below.product_sum.end(), 0);
  }
  const Range samples = SamplesOf(thread);
  const int64_t group = GroupOf(s, samples);
  // The newest samples of the pass before are still in the cache.
  for (int64_t end = samples.end; end > samples.begin; end -= group) {
    const int64_t sample = end - group;
    if (s == stage_count_ - 1) {
      FinishLogitGradient(thread, sample, group);
    } else {
      FinishOutputGradient(s, thread, sample, group);
    }
    if (stage.has_weights()) {
      ComputeWeightGradient(s, thread, sample, group);
      if (stage.passes_back) ComputeInputGradient(s, thread, sample, group);
    } else if (stage.kind == FusedStage::Kind::kSum) {
      PassToTerm(s, stage.source, stage.adds_to_source, thread, sample);
      PassToTerm(s, stage.addend, stage.adds_to_addend, thread, sample);
    } else if (stage.passes_back) {
      PassBack(s, thread, sample, own.output_gradient.data());
    }
  }
}

template <class Element>
void TypedStepEngine<Element>::FinishLogitGradient(int thread, int64_t sample, int64_t count) {
  const int64_t channels = plan_.stages.back().laid_out_channels;
  ThreadStageBuffers<Element>& own = stages_.back().threads[thread];
  const float* const gradients = logit_gradients_.data() + sample * channels;
  for (int64_t i = 0; i < count * channels; ++i) {
    own.output_gradient[i] = FromFloat<Element>(gradients[i]);
    own.bias_gradient[i % channels] += gradients[i];
  }
}

// From the gradient by what batch normalisation gives to that by the convolution's output.
template <class Element>
void TypedStepEngine<Element>::FinishOutputGradient(int s, int thread, int64_t sample,
                                                    int64_t count) {
  const FusedStage& stage = plan_.stages[s];
  StageBuffers<Element>& buffers = stages_[s];
  ThreadStageBuffers<Element>& own = buffers.threads[thread];
  const PlaneShape shape = OutputPlane(stage, count);
  const PlaneOf<Element> to = OutputGradientPlane(s, thread);
  float* const sum = own.sums.data();
  std::fill_n(sum, stage.laid_out_channels, 0.0F);
  const auto finish =
      stage.relu ? kernels_.elementwise().masked_affine : kernels_.elementwise().gradient_affine;
  finish(shape, buffers.of_gradient.data(), buffers.of_value.data(), buffers.constant.data(),
         Dense(shape, std::as_const(*this).Output(s, sample)),
         Dense(shape, std::as_const(*this).OutputGradient(s, sample)), to, sum);
  AddTo(sum, own.bias_gradient);
}

template <class Element>
PlaneOf<Element> TypedStepEngine<Element>::OutputGradientPlane(int s, int thread) {
  const FusedStage& stage = plan_.stages[s];
  const int border = OutputGradientBorder(stage);
  const int64_t row_stride = int64_t{stage.out_width() + 2 * border} * stage.laid_out_channels;
  Element* const data = stages_[s].threads[thread].output_gradient.data();
  return {data + border * (row_stride + stage.laid_out_channels), row_stride};
}

template <class Element>
void TypedStepEngine<Element>::ComputeWeightGradient(int s, int thread, int64_t sample,
                                                     int64_t count) {
  ThreadStageBuffers<Element>& own = stages_[s].threads[thread];
  const PlaneOf<Element> gradient = OutputGradientPlane(s, thread);
  kernels_.WeightGradient(ForwardShape(plan_.stages[s], count), Input(s, sample), gradient.data,
                          gradient.row_stride, own.scratch.data(), own.weight_gradient.data());
}

template <class Element>
void TypedStepEngine<Element>::ComputeInputGradient(int s, int thread, int64_t sample,
                                                    int64_t count) {
  const FusedStage& stage = plan_.stages[s];
  ThreadStageBuffers<Element>& own = stages_[s].threads[thread];
  const ConvShape shape = InputGradientShape(stage, count);
  const bool apart = SpreadsApart(stage);
  if (apart) SpreadGradient(stage, own.output_gradient.data(), own.spread_gradient.data());
  EpilogueOf<Element> epilogue;
  const bool sums = stage.direct && HasBatchNorm(stage.source);
  if (sums) {
    epilogue.sum = own.sums.data();
    epilogue.product_sum = own.sums.data() + shape.out_channels;
    epilogue.companion = Output(stage.source, sample);
    std::fill_n(own.sums.data(), 2 * shape.out_channels, 0.0F);
  }
  Element* const gradient =
      stage.direct ? SourceGradient(s, thread, sample) : own.input_gradient.data();
  kernels_.Forward(shape, (apart ? own.spread_gradient : own.output_gradient).data(),
                   stages_[s].weights.backward(), epilogue, gradient,
                   int64_t{shape.out_width()} * shape.out_channels);
  if (sums) {
    ThreadStageBuffers<Element>& below = stages_[stage.source].threads[thread];
    AddPixelsTo(epilogue.sum, shape.out_channels, below.gradient_sum);
    AddPixelsTo(epilogue.product_sum, shape.out_channels, below.product_sum);
  }
  if (stage.direct) return AddToSource(s, thread, sample, count);
  const int64_t size = ValueCount(InputPlane(stage));
  for (int64_t i = 0; i < count; ++i) PassBack(s, thread, sample + i, gradient + i * size);
}

template <class Element>
void TypedStepEngine<Element>::PassBack(int s, int thread, int64_t sample,
                                        Element* input_gradient) {
  const int source = plan_.stages[s].source;
  ThreadStageBuffers<Element>& below = stages_[source].threads[thread];
  stages_[s].inlet->PassBack(Output(source, sample), Input(s, sample), input_gradient,
                             Mask(s, sample), Note(s, sample), SourceGradient(s, thread, sample),
                             below.sums.data(), below.gradient_sum.data(),
                             below.product_sum.data());
  AddToSource(s, thread, sample, 1);
}

template <class Element>
Element* TypedStepEngine<Element>::SourceGradient(int s, int thread, int64_t sample) {
  const FusedStage& stage = plan_.stages[s];
  return stage.adds_to_source ? stages_[s].threads[thread].source_gradient.data()
                              : OutputGradient(stage.source, sample);
}

template <class Element>
void TypedStepEngine<Element>::AddToSource(int s, int thread, int64_t sample, int64_t count) {
  const FusedStage& stage = plan_.stages[s];
  if (!stage.adds_to_source) return;
  AddGradient(stage.source, sample, count, stages_[s].threads[thread].source_gradient.data());
}

template <class Element>
void TypedStepEngine<Element>::AddGradient(int s, int64_t sample, int64_t count,
                                           const Element* gradient) {
  const PlaneShape shape = OutputPlane(plan_.stages[s], count);
  const PlaneOf<Element> to = Dense(shape, OutputGradient(s, sample));
  kernels_.elementwise().sum_affine(shape, {nullptr, nullptr, {to.data, to.row_stride}},
                                    {nullptr, nullptr, Dense(shape, gradient)}, /*relu=*/false, to,
                                    nullptr, nullptr);
}

// A sum's gradient is that of each of its terms.
template <class Element>
void TypedStepEngine<Element>::PassToTerm(int s, int term, bool adds, int thread, int64_t sample) {
  const Element* const gradient = stages_[s].threads[thread].output_gradient.data();
  if (adds) return AddGradient(term, sample, 1, gradient);
  if (!HasBatchNorm(term)) {
    std::copy_n(gradient, plan_.stages[term].out_values(), OutputGradient(term, sample));
    return;
  }
  const PlaneShape shape = OutputPlane(plan_.stages[term], 1);
  ThreadStageBuffers<Element>& below = stages_[term].threads[thread];
  float* const sums = below.sums.data();
  std::fill_n(sums, 2 * shape.channels, 0.0F);
  kernels_.elementwise().dropout_backward(shape, Dense(shape, gradient), DropoutMask(),
                                          Dense(shape, std::as_const(*this).Output(term, sample)),
                                          Dense(shape, OutputGradient(term, sample)), sums,
                                          sums + shape.channels);
  AddTo(sums, below.gradient_sum);
  AddTo(sums + shape.channels, below.product_sum);
}

template <class Element>
void TypedStepEngine<Element>::FinishGradientsOfSources(int s) {
  for (const int source : {plan_.stages[s].source, plan_.stages[s].addend}) {
    if (!HasBatchNorm(source)) continue;
    stages_[source].FinishBatchNormGradient(plan_.stages[source], network_[source],
                                            ValuesPerChannel(source), gradients_[source]);
  }
}

template <class Element>
void TypedStepEngine<Element>::ReduceWeightGradients(int thread) {
  for (int s = 0; s < stage_count_; ++s) {
    const FusedStage& stage = plan_.stages[s];
    if (!stage.has_weights()) continue;
    const Range rows = Share(stage.weight_rows(), thread);
    stages_[s].ReduceWeightGradient(stage, stage.source < 0 ? nullptr : &stages_[stage.source],
                                    rows.begin, rows.end, gradients_[s]);
  }
}

// What the other half calls.
template void TypedStepEngine<float>::Backward(int, int);
template void TypedStepEngine<Bf16>::Backward(int, int);
template void TypedStepEngine<float>::FinishGradientsOfSources(int);
template void TypedStepEngine<Bf16>::FinishGradientsOfSources(int);
template void TypedStepEngine<float>::ReduceWeightGradients(int);
template void TypedStepEngine<Bf16>::ReduceWeightGradients(int);

}  // namespace traind
