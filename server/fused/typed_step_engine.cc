#include "server/fused/typed_step_engine.h"

#include <algorithm>
#include <utility>

#include "server/fused/element.h"
#include "server/fused/plain_affine.h"
#include "server/fused/stage_shapes.h"
#include "server/fused/weight_packing.h"

namespace traind {
namespace {

void AddTo(const float* values, std::vector<double>& sums) {
  for (size_t i = 0; i < sums.size(); ++i) sums[i] += values[i];
}

// For values of many pixels that lie one behind the other.
void AddPixelsTo(const float* values, int64_t count, std::vector<double>& sums) {
  const int64_t channels = static_cast<int64_t>(sums.size());
  for (int64_t pixel = 0; pixel < count; pixel += channels) AddTo(values + pixel, sums);
}

SgdSettings SettingsOf(const StepEngine::Options& options, double learning_rate) {
  return {static_cast<float>(learning_rate), static_cast<float>(options.momentum),
          static_cast<float>(options.weight_decay), options.nesterov};
}

}  // namespace

template <class Element>
TypedStepEngine<Element>::TypedStepEngine(FusedPlan plan, const Options& options,
                                          std::vector<StageTensors> network,
                                          std::vector<StageTensors> momentum)
    : plan_(std::move(plan)),
      stage_count_(static_cast<int>(plan_.stages.size())),
      options_(options),
      kernels_(options.path),
      loss_{plan_.class_count(), options.label_smoothing},
      network_(std::move(network)),
      momentum_(std::move(momentum)),
      gradients_(stage_count_),
      results_(options.thread_count),
      times_(stage_count_),
      team_(options.thread_count) {
  int64_t gradient_count = 0;
  for (int s = 0; s < stage_count_; ++s) {
    const FusedStage& stage = plan_.stages[s];
    stages_.emplace_back(stage, s == 0 ? nullptr : &plan_.stages[s - 1], options.batch_max,
                         options.thread_count, kernels_);
    for (const StageParameter& parameter : ParametersOf(stage)) gradient_count += parameter.size;
  }
  const int64_t logit_count = options.batch_max * plan_.stages.back().laid_out_channels;
  logits_ = AlignedFloats(logit_count);
  logit_gradients_ = AlignedFloats(logit_count);
  gradient_memory_ = AlignedFloats(gradient_count);
  float* next = gradient_memory_.data();
  for (int s = 0; s < stage_count_; ++s) {
    for (const StageParameter& parameter : ParametersOf(plan_.stages[s])) {
      gradients_[s].*parameter.tensor = std::exchange(next, next + parameter.size);
    }
  }
}

template <class Element>
StepEngine::Result TypedStepEngine<Element>::Run(const Batch& batch, double learning_rate) {
  batch_ = batch;
  learning_rate_ = learning_rate;
  team_.Run([this](int thread) { Work(thread); });
  Result total;
  for (const ThreadResult& thread : results_) {
    total.loss_sum += thread.result.loss_sum;
    total.correct_count += thread.result.correct_count;
  }
  return total;
}

template <class Element>
void TypedStepEngine<Element>::Work(int thread) {
  Clock::time_point start = Clock::now();
  const auto count_into = [&](std::chrono::nanoseconds& time) {
    const Clock::time_point now = Clock::now();
    if (thread == 0) time += now - start;
    start = now;
  };
  Pack(thread);
  team_.Meet();
  Prepare(thread);
  team_.Meet();
  count_into(update_time_);
  for (int s = 0; s < stage_count_; ++s) {
    Forward(s, thread);
    if (plan_.stages[s].batch_norm) team_.Meet([this, s] { FinishStatistics(s); });
    count_into(times_[s].forward);
  }
  ComputeLoss(thread);
  for (int s = stage_count_ - 1; s >= 0; --s) {
    Backward(s, thread);
    if (s > 0 && plan_.stages[s - 1].batch_norm) {
      team_.Meet([this, s] { FinishBatchNormGradient(s - 1); });
    }
    count_into(times_[s].backward);
  }
  team_.Meet([this] { FinishBiasGradients(); });
  ReduceWeightGradients(thread);
  team_.Meet();
  Update(thread);
  count_into(update_time_);
}

// At every step, as the tensors may have been written by others meanwhile.
template <class Element>
void TypedStepEngine<Element>::Pack(int thread) {
  for (int s = 0; s < stage_count_; ++s) {
    const FusedStage& stage = plan_.stages[s];
    StageBuffers<Element>& buffers = stages_[s];
    const Range rows = Share(stage.weight_rows(), thread);
    PackWeights(stage, network_[s].weight, rows.begin, rows.end, buffers.weights.data());
    if (s > 0) {
      PackForInputGradient(stage, network_[s].weight, rows.begin, rows.end,
                           buffers.gradient_weights.data());
    }
    if (thread == 0 && stage.bias) {
      std::copy_n(network_[s].bias, stage.out_channels, buffers.bias.data());
    }
  }
}

// What the kernels read; folded weights come when they are known.
template <class Element>
void TypedStepEngine<Element>::Prepare(int thread) {
  for (int s = thread; s < stage_count_; s += options_.thread_count) {
    const FusedStage& stage = plan_.stages[s];
    StageBuffers<Element>& buffers = stages_[s];
    if (!buffers.folds) {
      buffers.prepared_weights = kernels_.Prepare(ForwardShape(stage, 1), buffers.weights.data(),
                                                  buffers.weights_place.data());
    }
    if (s == 0) continue;
    buffers.prepared_gradient_weights =
        kernels_.Prepare(InputGradientShape(stage, 1), buffers.gradient_weights.data(),
                         buffers.gradient_weights_place.data());
  }
}

template <class Element>
void TypedStepEngine<Element>::Forward(int s, int thread) {
  const FusedStage& stage = plan_.stages[s];
  StageBuffers<Element>& buffers = stages_[s];
  ThreadStageBuffers<Element>& own = buffers.threads[thread];
  std::fill(own.sum.begin(), own.sum.end(), 0);
  std::fill(own.square_sum.begin(), own.square_sum.end(), 0);
  const int64_t channels = stage.laid_out_channels;
  const Range samples = SamplesOf(thread);
  const int64_t group = stage.linear ? samples.end - samples.begin : 1;
  EpilogueOf<Element> epilogue;
  epilogue.bias = (buffers.folds ? buffers.folded_bias : buffers.bias).data();
  epilogue.relu = stage.relu;
  if (stage.batch_norm) {
    epilogue.sum = own.sums.data();
    epilogue.product_sum = own.sums.data() + channels;
  }
  for (int64_t sample = samples.begin; sample < samples.end; sample += group) {
    for (int64_t i = sample; i < sample + group; ++i) MakeInput(s, i);
    std::fill_n(own.sums.data(), 2 * channels, 0.0F);
    const ConvShape shape = ForwardShape(stage, group);
    if (s == stage_count_ - 1) {
      kernels_.ForwardToFloat(shape, Input(s, sample), buffers.prepared_weights, epilogue.bias,
                              logits_.data() + sample * channels, channels);
      continue;
    }
    kernels_.Forward(shape, Input(s, sample), buffers.prepared_weights, epilogue, Output(s, sample),
                     stage.out_width() * channels);
    if (!stage.batch_norm) continue;
    AddTo(epilogue.sum, own.sum);
    AddTo(epilogue.product_sum, own.square_sum);
  }
}

template <class Element>
void TypedStepEngine<Element>::MakeInput(int s, int64_t sample) {
  const FusedStage& stage = plan_.stages[s];
  if (stage.direct) return;
  Element* const input = stages_[s].input.data() + sample * stage.in_stride();
  if (s == 0) {
    const int64_t size = int64_t{stage.in_channels} * stage.in_height * stage.in_width;
    CopyImage<Element>(stage, batch_.images + sample * size, /*pixels=*/{}, input);
    return;
  }
  const InletPass<Element>& inlet = *stages_[s].inlet;
  uint8_t* const mask = Mask(s, sample);
  if (mask != nullptr) inlet.DrawMask(StreamOf(s, sample), mask);
  const StageBuffers<Element>& below = stages_[s - 1];
  inlet.Make(below.factors.data(), below.offsets.data(), Output(s - 1, sample), mask, input,
             Note(s, sample));
}

template <class Element>
void TypedStepEngine<Element>::FinishStatistics(int s) {
  const FusedStage& stage = plan_.stages[s];
  StageBuffers<Element>& buffers = stages_[s];
  const FusedBatchNorm& batch_norm = *stage.batch_norm;
  const auto move = [&](float& running, double value) {
    running = static_cast<float>((1 - batch_norm.momentum) * running + batch_norm.momentum * value);
  };
  for (int c = 0; c < stage.out_channels; ++c) {
    BatchStatistics& statistics = buffers.statistics[c];
    statistics = StatisticsOf(buffers.Total(&ThreadStageBuffers<Element>::sum, c),
                              buffers.Total(&ThreadStageBuffers<Element>::square_sum, c),
                              ValuesPerChannel(s), batch_norm.epsilon);
    const Affine affine = AffineOf(statistics, network_[s].scale[c], network_[s].shift[c]);
    buffers.factors[c] = affine.factor;
    buffers.offsets[c] = affine.offset;
    move(network_[s].running_mean[c], statistics.mean);
    move(network_[s].running_variance[c], statistics.unbiased_variance);
  }
  StageBuffers<Element>& above = stages_[s + 1];  // the last stage has no batch normalisation
  if (!above.folds) return;
  FoldAffine(plan_.stages[s + 1], above.weights.data(), above.bias.data(), buffers.factors.data(),
             buffers.offsets.data(), above.folded_weights.data(), above.folded_bias.data());
  above.prepared_weights =
      kernels_.Prepare(ForwardShape(plan_.stages[s + 1], 1), above.folded_weights.data(),
                       above.weights_place.data());
}

template <class Element>
void TypedStepEngine<Element>::ComputeLoss(int thread) {
  const Range samples = SamplesOf(thread);
  const double share = 1 / static_cast<double>(batch_.row_count);
  const int64_t channels = plan_.stages.back().laid_out_channels;
  Result result;
  for (int64_t sample = samples.begin; sample < samples.end; ++sample) {
    const SoftmaxLoss::RowResult row =
        loss_.Row(logits_.data() + sample * channels, batch_.labels[sample], share,
                  logit_gradients_.data() + sample * channels);
    result.loss_sum += row.loss;
    result.correct_count += row.correct ? 1 : 0;
  }
  results_[thread].result = result;
}

template <class Element>
void TypedStepEngine<Element>::Backward(int s, int thread) {
  const FusedStage& stage = plan_.stages[s];
  ThreadStageBuffers<Element>& own = stages_[s].threads[thread];
  std::fill_n(own.weight_gradient.data(), own.weight_gradient.size(), 0.0F);
  std::fill(own.bias_gradient.begin(), own.bias_gradient.end(), 0);
  if (s > 0) {
    ThreadStageBuffers<Element>& below = stages_[s - 1].threads[thread];
    std::fill(below.gradient_sum.begin(), below.gradient_sum.end(), 0);
    std::fill(below.product_sum.begin(), below.product_sum.end(), 0);
  }
  const Range samples = SamplesOf(thread);
  const int64_t group = stage.linear ? samples.end - samples.begin : 1;
  const int border = GradientBorder(stage);
  const int64_t row_stride = int64_t{stage.out_width() + 2 * border} * stage.laid_out_channels;
  const Element* const inner =
      own.output_gradient.data() + border * (row_stride + stage.laid_out_channels);
  // The newest samples of the pass before are still in the cache.
  for (int64_t end = samples.end; end > samples.begin; end -= group) {
    const int64_t sample = end - group;
    if (s == stage_count_ - 1) {
      FinishLogitGradient(thread, sample, group);
    } else {
      FinishOutputGradient(s, thread, sample, group);
    }
    kernels_.WeightGradient(ForwardShape(stage, group), Input(s, sample), inner, row_stride,
                            own.scratch.data(), own.weight_gradient.data());
    if (s > 0) ComputeInputGradient(s, thread, sample, group);
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
  const int border = GradientBorder(stage);
  const int64_t row_stride = int64_t{stage.out_width() + 2 * border} * stage.laid_out_channels;
  const PlaneOf<Element> to = {
      own.output_gradient.data() + border * (row_stride + stage.laid_out_channels), row_stride};
  float* const sum = own.sums.data();
  std::fill_n(sum, stage.laid_out_channels, 0.0F);
  const Element* const output = Output(s, sample);
  const Element* const gradient = OutputGradient(s, sample);
  if (stage.relu) {
    kernels_.elementwise().masked_affine(shape, buffers.of_gradient.data(), buffers.of_value.data(),
                                         buffers.constant.data(), Dense(shape, output),
                                         Dense(shape, gradient), to, sum);
  } else {
    PlainAffine(shape, buffers, output, gradient, to, sum);
  }
  AddTo(sum, own.bias_gradient);
}

template <class Element>
void TypedStepEngine<Element>::ComputeInputGradient(int s, int thread, int64_t sample,
                                                    int64_t count) {
  const FusedStage& stage = plan_.stages[s];
  StageBuffers<Element>& buffers = stages_[s];
  ThreadStageBuffers<Element>& own = buffers.threads[thread];
  const ConvShape shape = InputGradientShape(stage, count);
  EpilogueOf<Element> epilogue;
  const bool sums = stage.direct && plan_.stages[s - 1].batch_norm;
  if (sums) {
    epilogue.sum = own.sums.data();
    epilogue.product_sum = own.sums.data() + shape.out_channels;
    epilogue.companion = Output(s - 1, sample);
    std::fill_n(own.sums.data(), 2 * shape.out_channels, 0.0F);
  }
  Element* const gradient =
      stage.direct ? OutputGradient(s - 1, sample) : own.input_gradient.data();
  kernels_.Forward(shape, own.output_gradient.data(), buffers.prepared_gradient_weights, epilogue,
                   gradient, int64_t{shape.out_width()} * shape.out_channels);
  if (sums) {
    ThreadStageBuffers<Element>& below = stages_[s - 1].threads[thread];
    AddPixelsTo(epilogue.sum, shape.out_channels, below.gradient_sum);
    AddPixelsTo(epilogue.product_sum, shape.out_channels, below.product_sum);
  }
  if (stage.direct) return;
  const int64_t size = ValueCount(InputPlane(stage));
  for (int64_t i = 0; i < count; ++i) PassBack(s, thread, sample + i, gradient + i * size);
}

template <class Element>
void TypedStepEngine<Element>::PassBack(int s, int thread, int64_t sample,
                                        Element* input_gradient) {
  ThreadStageBuffers<Element>& below = stages_[s - 1].threads[thread];
  stages_[s].inlet->PassBack(Output(s - 1, sample), Input(s, sample), input_gradient,
                             Mask(s, sample), Note(s, sample), OutputGradient(s - 1, sample),
                             below.sums.data(), below.gradient_sum.data(),
                             below.product_sum.data());
}

template <class Element>
void TypedStepEngine<Element>::FinishBatchNormGradient(int s) {
  StageBuffers<Element>& buffers = stages_[s];
  for (int c = 0; c < plan_.stages[s].out_channels; ++c) {
    const BatchNormGradient gradient = GradientOf(
        buffers.statistics[c], network_[s].scale[c],
        buffers.Total(&ThreadStageBuffers<Element>::gradient_sum, c),
        buffers.Total(&ThreadStageBuffers<Element>::product_sum, c), ValuesPerChannel(s));
    gradients_[s].scale[c] = static_cast<float>(gradient.scale);
    gradients_[s].shift[c] = static_cast<float>(gradient.shift);
    buffers.of_gradient[c] = gradient.of_gradient;
    buffers.of_value[c] = gradient.of_value;
    buffers.constant[c] = gradient.constant;
  }
}

template <class Element>
void TypedStepEngine<Element>::FinishBiasGradients() {
  for (int s = 0; s < stage_count_; ++s) {
    StageBuffers<Element>& buffers = stages_[s];
    for (int c = 0; c < plan_.stages[s].out_channels; ++c) {
      buffers.bias_gradient[c] =
          static_cast<float>(buffers.Total(&ThreadStageBuffers<Element>::bias_gradient, c));
      if (plan_.stages[s].bias) gradients_[s].bias[c] = buffers.bias_gradient[c];
    }
  }
}

template <class Element>
void TypedStepEngine<Element>::ReduceWeightGradients(int thread) {
  for (int s = 0; s < stage_count_; ++s) {
    const FusedStage& stage = plan_.stages[s];
    StageBuffers<Element>& buffers = stages_[s];
    const Range rows = Share(stage.weight_rows(), thread);
    float* const sum = buffers.threads[0].weight_gradient.data();
    for (size_t other = 1; other < buffers.threads.size(); ++other) {
      const float* const addend = buffers.threads[other].weight_gradient.data();
      for (int64_t i = rows.begin * stage.laid_out_channels; i < rows.end * stage.laid_out_channels;
           ++i) {
        sum[i] += addend[i];
      }
    }
    if (buffers.folds) {
      const StageBuffers<Element>& below = stages_[s - 1];
      UnfoldGradient(stage, below.factors.data(), below.offsets.data(),
                     buffers.bias_gradient.data(), rows.begin, rows.end, sum);
    }
    UnpackWeights(stage, sum, rows.begin, rows.end, gradients_[s].weight);
  }
}

template <class Element>
void TypedStepEngine<Element>::Update(int thread) {
  const SgdSettings settings = SettingsOf(options_, learning_rate_);
  for (int s = 0; s < stage_count_; ++s) {
    for (const StageParameter& parameter : ParametersOf(plan_.stages[s])) {
      const Range part = Share(parameter.size, thread);
      float* const momentum = momentum_[s].*parameter.tensor;
      kernels_.elementwise().sgd_update(settings, part.end - part.begin,
                                        gradients_[s].*parameter.tensor + part.begin,
                                        network_[s].*parameter.tensor + part.begin,
                                        momentum == nullptr ? nullptr : momentum + part.begin);
    }
  }
}

template <class Element>
typename TypedStepEngine<Element>::Range TypedStepEngine<Element>::Share(int64_t count,
                                                                         int thread) const {
  const int64_t threads = options_.thread_count;
  return {count * thread / threads, count * (thread + 1) / threads};
}

template class TypedStepEngine<float>;
template class TypedStepEngine<Bf16>;

}  // namespace traind
