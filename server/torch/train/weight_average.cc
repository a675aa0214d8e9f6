#include "server/torch/train/weight_average.h"

#include <algorithm>

namespace traind {
namespace {

std::vector<at::Tensor> State(const Network& network) {
  std::vector<at::Tensor> state = Tensors(network.parameters());
  for (const NamedTensor& buffer : network.buffers()) {
    // A module's counters have no mean.
    if (buffer.tensor.is_floating_point()) state.push_back(buffer.tensor);
  }
  return state;
}

int64_t EverySteps(const v1::Ema& options) {
  return options.has_every_steps() ? options.every_steps() : 1;
}

// By the number of updates before.
double Share(const v1::Ema& options, int64_t update_count) {
  const double n = static_cast<double>(update_count);
  return 1 - std::min(options.decay(), (1 + n) / (10 + n));
}

}  // namespace

WeightAverage::WeightAverage(const v1::Ema& options, const Network& source, const Network& average)
    : options_(options), source_(State(source)), average_(State(average)) {}

void WeightAverage::Update(int64_t step) {
  if (step % EverySteps(options_) != 0) return;
  const double share = Share(options_, update_count_++);
  const at::NoGradGuard no_grad;
  at::_foreach_lerp_(average_, source_, share);
}

double WeightAverage::ShareAt(const v1::Ema& options, int64_t step) {
  if (step % EverySteps(options) != 0) return 0;
  return Share(options, UpdateCountAt(options, step) - 1);
}

int64_t WeightAverage::UpdateCountAt(const v1::Ema& options, int64_t step) {
  return step / EverySteps(options);
}

}  // namespace traind
