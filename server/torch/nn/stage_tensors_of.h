#ifndef TRAIND_SERVER_TORCH_NN_STAGE_TENSORS_OF_H_
#define TRAIND_SERVER_TORCH_NN_STAGE_TENSORS_OF_H_

#include <vector>

#include "server/fused/fused_plan.h"
#include "server/fused/stage_tensors.h"
#include "server/torch/nn/network.h"

namespace traind {

// Where the tensors of a plan's stages lie: those of the network that the plan was made
// for, on the CPU, float32 and contiguous. They stay the network's.
std::vector<StageTensors> StageTensorsOf(const FusedPlan& plan, const Network& network);

// The same for other tensors, one for each of the network's parameters in their order.
std::vector<StageTensors> StageTensorsOf(const FusedPlan& plan, const Network& network,
                                         const std::vector<at::Tensor>& of_parameters);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_NN_STAGE_TENSORS_OF_H_
