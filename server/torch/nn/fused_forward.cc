#include "server/torch/nn/fused_forward.h"

#include "server/torch/nn/stage_tensors_of.h"

namespace traind {

FusedForward::FusedForward(const FusedPlan& plan, const Network& network, int thread_count)
    : network_(FusedNetwork::Create(plan, StageTensorsOf(plan, network), {})),
      team_(thread_count) {}

at::Tensor FusedForward::operator()(const at::Tensor& images) {
  const at::Tensor contiguous = images.contiguous();
  const int64_t row_count = contiguous.size(0);
  at::Tensor logits = at::empty({row_count, network_->class_count()}, at::kFloat);
  const float* const from = contiguous.const_data_ptr<float>();
  float* const to = logits.mutable_data_ptr<float>();
  const int64_t threads = team_.thread_count();
  team_.Run([&](int thread) {
    const int64_t begin = row_count * thread / threads;
    const int64_t end = row_count * (thread + 1) / threads;
    network_->Run(from + begin * network_->image_values(), end - begin,
                  to + begin * network_->class_count());
  });
  return logits;
}

}  // namespace traind
