#ifndef TRAIND_SERVER_TORCH_NN_FUSED_FORWARD_H_
#define TRAIND_SERVER_TORCH_NN_FUSED_FORWARD_H_

#include <memory>

#include "server/fused/fused_network.h"
#include "server/fused/thread_team.h"
#include "server/torch/nn/network.h"

namespace traind {

// Network::Forward without `training`, by the fused kernels and on several threads. Has
// the weights that the network had when it was made. Not thread-safe.
class FusedForward {
 public:
  // `plan` is the network's.
  FusedForward(const FusedPlan& plan, const Network& network, int thread_count);

  // [N, C, H, W] normalised float32 to logits [N, K]. Throws c10::Error.
  at::Tensor operator()(const at::Tensor& images);

 private:
  const std::unique_ptr<const FusedNetwork> network_;
  ThreadTeam team_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_NN_FUSED_FORWARD_H_
