#include "server/fused/typed_step_engine.h"

#include <algorithm>
#include <utility>

#include "server/fused/element.h"
#include "server/fused/stage_shapes.h"

namespace traind {
namespace {

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
    stages_.emplace_back(stage, stage.source < 0 ? nullptr : &plan_.stages[stage.source],
                         options.batch_max, options.thread_count, kernels_);
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
  if (batch.images == nullptr) {
    const float* const values = batch.bytes.values;
    byte_values_.resize(plan_.stages[0].in_channels * kByteValues);
    std::transform(values, values + byte_values_.size(), byte_values_.begin(), FromFloat<Element>);
  }
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
  // At every step, as the tensors may have been written by others meanwhile.
  for (int s = 0; s < stage_count_; ++s) {
    const Range rows = Share(plan_.stages[s].weight_rows(), thread);
    stages_[s].weights.Pack(plan_.stages[s], network_[s], rows.begin, rows.end);
  }
  team_.Meet();
  for (int s = thread; s < stage_count_; s += options_.thread_count) {
    stages_[s].weights.Prepare(plan_.stages[s], network_[s], kernels_);
  }
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
    if (HasBatchNorm(plan_.stages[s].source) || HasBatchNorm(plan_.stages[s].addend)) {
      team_.Meet([this, s] { FinishGradientsOfSources(s); });
    }
    count_into(times_[s].backward);
  }
  team_.Meet([this] {
    for (int s = 0; s < stage_count_; ++s) {
      stages_[s].FinishBiasGradient(plan_.stages[s], gradients_[s]);
    }
  });
  ReduceWeightGradients(thread);
  team_.Meet();
  if (options_.updates) Update(thread);
  count_into(update_time_);
}

template <class Element>
void TypedStepEngine<Element>::Forward(int s, int thread) {
  ThreadStageBuffers<Element>& own = stages_[s].threads[thread];
  std::fill(own.sum.begin(), own.sum.end(), 0);
  std::fill(own.square_sum.begin(), own.square_sum.end(), 0);
  const Range samples = SamplesOf(thread);
  const int64_t group = GroupOf(s, samples);
  for (int64_t sample = samples.begin; sample < samples.end; sample += group) {
    std::fill_n(own.sums.data(), 2 * plan_.stages[s].laid_out_channels, 0.0F);
    if (plan_.stages[s].has_weights()) {
      for (int64_t i = sample; i < sample + group; ++i) MakeInput(s, i);
      Convolve(s, thread, sample, group);
    } else {
      Join(s, thread, sample);
    }
    if (!plan_.stages[s].batch_norm) continue;
    AddTo(own.sums.data(), own.sum);
    AddTo(own.sums.data() + plan_.stages[s].laid_out_channels, own.square_sum);
  }
}

template <class Element>
void TypedStepEngine<Element>::Convolve(int s, int thread, int64_t sample, int64_t count) {
  const FusedStage& stage = plan_.stages[s];
  const StageWeights<Element>& weights = stages_[s].weights;
  const int64_t channels = stage.laid_out_channels;
  const ConvShape shape = ForwardShape(stage, count);
  if (s == stage_count_ - 1) {
    kernels_.ForwardToFloat(shape, Input(s, sample), weights.forward(), weights.bias(),
                            logits_.data() + sample * channels, channels);
    return;
  }
  EpilogueOf<Element> epilogue;
  epilogue.bias = weights.bias();
  epilogue.relu = stage.relu;
  if (stage.batch_norm) {
    epilogue.sum = stages_[s].threads[thread].sums.data();
    epilogue.product_sum = epilogue.sum + channels;
  }
  kernels_.Forward(shape, Input(s, sample), weights.forward(), epilogue, Output(s, sample),
                   stage.out_width() * channels);
}

// The output of a map or of a sum.
template <class Element>
void TypedStepEngine<Element>::Join(int s, int thread, int64_t sample) {
  const FusedStage& stage = plan_.stages[s];
  const PlaneShape shape = OutputPlane(stage, 1);
  AffineTerm<Element> first;
  AffineTerm<Element> second;
  if (stage.kind == FusedStage::Kind::kSum) {
    first = TermOf(stage.source, sample);
    second = TermOf(stage.addend, sample);
  } else {
    MakeInput(s, sample);
    if (!stage.relu && !stage.batch_norm) return;
    first.r = Dense(shape, std::as_const(*this).Output(s, sample));
  }
  float* const sums = stages_[s].threads[thread].sums.data();
  kernels_.elementwise().sum_affine(shape, first, second, stage.relu,
                                    Dense(shape, Output(s, sample)), sums,
                                    sums + stage.laid_out_channels);
}

template <class Element>
AffineTerm<Element> TypedStepEngine<Element>::TermOf(int s, int64_t sample) const {
  return {stages_[s].factors.data(), stages_[s].offsets.data(),
          Dense(OutputPlane(plan_.stages[s], 1), Output(s, sample))};
}

template <class Element>
void TypedStepEngine<Element>::MakeInput(int s, int64_t sample) {
  const FusedStage& stage = plan_.stages[s];
  if (stage.direct) return;
  Element* const input =
      stage.has_input() ? stages_[s].input.data() + sample * stage.in_stride() : Output(s, sample);
  if (stage.source < 0) {
    if (batch_.images == nullptr) {
      return CopyBytes<Element>(stage, batch_.bytes, sample, byte_values_.data(), input);
    }
    const int64_t size = int64_t{stage.in_channels} * stage.in_height * stage.in_width;
    CopyImage<Element>(stage, batch_.images + sample * size, /*pixels=*/{}, input);
    return;
  }
  const InletPass<Element>& inlet = *stages_[s].inlet;
  uint8_t* const mask = Mask(s, sample);
  if (mask != nullptr) inlet.DrawMask(StreamOf(s, sample), mask);
  const StageBuffers<Element>& source = stages_[stage.source];
  inlet.Make(source.factors.data(), source.offsets.data(), Output(stage.source, sample), mask,
             input, Note(s, sample));
}

template <class Element>
void TypedStepEngine<Element>::FinishStatistics(int s) {
  StageBuffers<Element>& buffers = stages_[s];
  buffers.FinishStatistics(plan_.stages[s], network_[s], ValuesPerChannel(s));
  const int reader = plan_.ReaderOf(s);
  if (!stages_[reader].weights.folds()) return;
  stages_[reader].weights.Fold(plan_.stages[reader], buffers.factors.data(), buffers.offsets.data(),
                               kernels_);
}

template <class Element>
void TypedStepEngine<Element>::ComputeLoss(int thread) {
  const Range samples = SamplesOf(thread);
  const double share = 1 / static_cast<double>(batch_.row_count);
  const int64_t channels = plan_.stages.back().laid_out_channels;
  const int64_t* const others = batch_.other_labels;
  Result result;
  for (int64_t sample = samples.begin; sample < samples.end; ++sample) {
    SoftmaxLoss::Target target = {batch_.labels[sample]};
    if (others != nullptr) target = {target.label, others[sample], batch_.label_share};
    const SoftmaxLoss::RowResult row = loss_.Row(logits_.data() + sample * channels, target, share,
                                                 logit_gradients_.data() + sample * channels);
    result.loss_sum += row.loss;
    result.correct_count += row.correct ? 1 : 0;
  }
  results_[thread].result = result;
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
