#include "server/torch/train/weight_average.h"

#include <algorithm>

namespace traind {
namespace {

std::vector<at::Tensor> State(const Network& network) {
  std::vector<at::Tensor> state = Tensors(network.parameters());
  for (const NamedTensor& buffer : network.buffers()) state.push_back(buffer.tensor);
  return state;
}

}  // namespace

WeightAverage::WeightAverage(const v1::Ema& options, const Network& source, const Network& average)
    : decay_(options.decay()),
      every_steps_(options.has_every_steps() ? options.every_steps() : 1),
      source_(State(source)),
      average_(State(average)) {}

void WeightAverage::Update(int64_t step) {
  if (step % every_steps_ != 0) return;
  const double n = static_cast<double>(update_count_++);
  const double kept = std::min(decay_, (1 + n) / (10 + n));
  const at::NoGradGuard no_grad;
  at::_foreach_lerp_(average_, source_, 1 - kept);
}

}  // namespace traind
