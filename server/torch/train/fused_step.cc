#include "server/torch/train/fused_step.h"

#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/limits.h"
#include "server/base/status_macros.h"
#include "server/kernels/conv_bf16.h"
#include "server/recipes/layer_arithmetic.h"
#include "server/torch/nn/stage_tensors_of.h"
#include "server/torch/train/gradient_clipping.h"
#include "server/torch/train/seed_stream.h"
#include "server/torch/train/step_fit.h"

namespace traind {
namespace {

constexpr char kBf16Path[] = "avx512bf16";

// Whether the engine updates the weights.
bool IsSgdOfEachBatch(const v1::Recipe& recipe) {
  return recipe.optimizer().has_sgd() && recipe.accumulate_batches() <= 1 &&
         !recipe.has_gradient_clipping();
}

std::vector<at::Tensor> MomentumOf(const v1::Recipe& recipe, const Network& network) {
  std::vector<at::Tensor> momentum;
  if (!IsSgdOfEachBatch(recipe) || recipe.optimizer().sgd().momentum() == 0) return momentum;
  for (const NamedTensor& named : network.parameters()) {
    momentum.push_back(at::zeros_like(named.tensor));
  }
  return momentum;
}

StepEngine::Options OptionsOf(const v1::Recipe& recipe, v1::Precision precision, int thread_count) {
  const v1::Sgd& sgd = recipe.optimizer().sgd();
  StepEngine::Options options;
  options.batch_max = recipe.batch_size();
  options.thread_count = thread_count;
  options.label_smoothing = recipe.loss().cross_entropy().label_smoothing();
  options.updates = IsSgdOfEachBatch(recipe);
  options.momentum = options.updates ? sgd.momentum() : 0;
  options.weight_decay = sgd.weight_decay();
  options.nesterov = sgd.nesterov();
  options.bf16 = precision == v1::PRECISION_BF16;
  return options;
}

std::unique_ptr<Optimizer> OptimizerOf(const v1::Recipe& recipe, const Network& network) {
  if (IsSgdOfEachBatch(recipe)) return nullptr;
  return MakeOptimizer(recipe.optimizer(), Tensors(network.parameters()));
}

// Tensors that lie where the engine has the gradients, one for each parameter.
std::vector<at::Tensor> GradientsOf(const StepEngine& engine, const FusedPlan& plan,
                                    const Network& network) {
  const std::vector<StageTensors> weights = StageTensorsOf(plan, network);
  std::unordered_map<const float*, float*> gradients;
  for (size_t s = 0; s < weights.size(); ++s) {
    for (const StageParameter& parameter : ParametersOf(plan.stages[s])) {
      gradients[weights[s].*parameter.tensor] = engine.gradients()[s].*parameter.tensor;
    }
  }
  std::vector<at::Tensor> tensors;
  tensors.reserve(network.parameters().size());
  for (const NamedTensor& named : network.parameters()) {
    tensors.push_back(at::from_blob(gradients.at(named.tensor.const_data_ptr<float>()),
                                    named.tensor.sizes(), at::kFloat));
  }
  return tensors;
}

using Layers = google::protobuf::RepeatedPtrField<v1::Layer>;

// The step updates all weights that there are.
absl::Status ExpectTrained(const Layers& layers, const std::string& field) {
  for (int i = 0; i < layers.size(); ++i) {
    const std::string here = absl::StrCat(field, "[", i, "]");
    if (layers[i].frozen()) {
      return absl::UnimplementedError(
          absl::StrCat(here, " (", LayerKindName(layers[i]),
                       "): expected a layer that is trained, got a frozen one"));
    }
    const v1::Residual& residual = layers[i].residual();
    RETURN_IF_ERROR(ExpectTrained(residual.layers(), absl::StrCat(here, ".residual.layers")));
    RETURN_IF_ERROR(ExpectTrained(residual.shortcut(), absl::StrCat(here, ".residual.shortcut")));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<FusedPlan> FusedStep::Plan(const v1::Recipe& recipe, v1::Precision precision) {
  RETURN_IF_ERROR(FitsFusedStep(recipe));
  if (precision == v1::PRECISION_TF32) {
    return absl::UnimplementedError("execution.precision: expected fp32 or bf16, got tf32");
  }
  // Elsewhere bf16 costs more than it saves.
  if (precision == v1::PRECISION_BF16 && FindBf16ConvKernels(kBf16Path) == nullptr) {
    return absl::UnimplementedError(
        "execution.precision: expected fp32, as this processor does not multiply bf16, got bf16");
  }
  RETURN_IF_ERROR(ExpectTrained(recipe.network().layers(), "network.layers"));
  ASSIGN_OR_RETURN(FusedPlan plan, PlanFused(recipe.network()));
  const int64_t sample_bytes = plan.sample_bytes();
  const int64_t bytes_max = Limits().fused_step_bytes_max;
  if (recipe.batch_size() > bytes_max / sample_bytes) {
    return absl::UnimplementedError(
        absl::StrCat("batch_size: expected at most ", bytes_max / sample_bytes, " samples of ",
                     sample_bytes, " bytes of memory each, got ", recipe.batch_size()));
  }
  return plan;
}

FusedStep::FusedStep(const v1::Recipe& recipe, v1::Precision precision, const FusedPlan& plan,
                     int thread_count, Network& network)
    : seed_(recipe.seed()),
      momentum_(MomentumOf(recipe, network)),
      engine_(StepEngine::Create(plan, OptionsOf(recipe, precision, thread_count),
                                 StageTensorsOf(plan, network),
                                 StageTensorsOf(plan, network, momentum_))),
      optimizer_(OptimizerOf(recipe, network)),
      clipping_(recipe.gradient_clipping()),
      gradients_(GradientsOf(*engine_, plan, network)),
      accumulation_(recipe.has_accumulate_batches() ? recipe.accumulate_batches() : 1, gradients_) {
  // The tensor library's threads would spin beside the engine's while they wait.
  at::set_num_threads(1);
}

void FusedStep::StartEpoch(int epoch) {
  epoch_ = epoch;
  step_in_epoch_ = 0;
}

StepResult FusedStep::Run(const Batch& batch, double learning_rate) {
  const at::Tensor labels = batch.labels.contiguous();
  StepEngine::Batch rows;
  at::Tensor images;
  if (batch.bytes) {
    rows.bytes = batch.bytes->images;
    rows.bytes.first = batch.bytes->first.data();
  } else {
    images = batch.images.contiguous();
    rows.images = images.const_data_ptr<float>();
  }
  rows.labels = labels.const_data_ptr<int64_t>();
  at::Tensor other_labels;
  if (batch.other_labels.defined()) {
    other_labels = batch.other_labels.contiguous();
    rows.other_labels = other_labels.const_data_ptr<int64_t>();
    rows.label_share = batch.label_shares.item<double>();
  }
  rows.row_count = labels.size(0);
  rows.epoch_seed = StreamSeed(seed_, SeedStream::kDropout, epoch_);
  rows.step = step_in_epoch_++;
  const StepEngine::Result result = engine_->Run(rows, learning_rate);
  if (optimizer_ != nullptr) Update(batch, learning_rate);
  return {at::scalar_tensor(result.loss_sum / static_cast<double>(rows.row_count), at::kFloat),
          at::scalar_tensor(result.correct_count, at::kLong)};
}

void FusedStep::Update(const Batch& batch, double learning_rate) {
  const at::NoGradGuard no_grad;
  at::Tensor weight;
  if (accumulation_.is_needed()) {
    weight = at::scalar_tensor(static_cast<double>(batch.labels.size(0)), at::kDouble);
  }
  auto gradients = accumulation_.Add(gradients_, weight, batch.is_last);
  if (gradients) optimizer_->Step(Clipped(clipping_, *std::move(gradients)), learning_rate);
}

void FusedStep::Save(StateTensors& state) const {
  if (optimizer_ != nullptr) optimizer_->Save(state);
  accumulation_.Save(state);
  for (size_t i = 0; i < momentum_.size(); ++i) {
    state.Put(absl::StrCat("sgd.momentum.", i), momentum_[i]);
  }
  state.PutNumber("dropout.step_in_epoch", step_in_epoch_);
}

absl::Status FusedStep::Load(StateTensors& state) {
  if (optimizer_ != nullptr) RETURN_IF_ERROR(optimizer_->Load(state));
  RETURN_IF_ERROR(accumulation_.Load(state));
  for (size_t i = 0; i < momentum_.size(); ++i) {
    RETURN_IF_ERROR(state.TakeInto(absl::StrCat("sgd.momentum.", i), momentum_[i]));
  }
  return state.TakeNumber("dropout.step_in_epoch", step_in_epoch_);
}

}  // namespace traind
