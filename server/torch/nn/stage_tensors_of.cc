#include "server/torch/nn/stage_tensors_of.h"

#include <map>
#include <string>

#include "absl/strings/str_cat.h"

namespace traind {
namespace {

using TensorsByName = std::map<std::string, at::Tensor>;

float* Find(const TensorsByName& tensors, const std::string& layer, const char* name) {
  const auto found = tensors.find(absl::StrCat("layers.", layer, ".", name));
  if (found == tensors.end()) return nullptr;
  const at::Tensor& tensor = found->second;
  TORCH_CHECK(tensor.is_cpu() && tensor.scalar_type() == at::kFloat && tensor.is_contiguous(),
              "expected a contiguous float32 tensor on the CPU for ", found->first);
  return tensor.mutable_data_ptr<float>();
}

std::vector<StageTensors> Collect(const FusedPlan& plan, const TensorsByName& tensors) {
  std::vector<StageTensors> stages;
  for (const FusedStage& stage : plan.stages) {
    StageTensors& found = stages.emplace_back();
    if (stage.has_weights()) {
      found.weight = Find(tensors, stage.layer, "weight");
      found.bias = Find(tensors, stage.layer, "bias");
    }
    if (!stage.batch_norm) continue;
    found.scale = Find(tensors, stage.batch_norm->layer, "weight");
    found.shift = Find(tensors, stage.batch_norm->layer, "bias");
    found.running_mean = Find(tensors, stage.batch_norm->layer, "running_mean");
    found.running_variance = Find(tensors, stage.batch_norm->layer, "running_var");
  }
  return stages;
}

}  // namespace

std::vector<StageTensors> StageTensorsOf(const FusedPlan& plan, const Network& network) {
  TensorsByName tensors;
  for (const NamedTensor& named : network.parameters()) tensors[named.name] = named.tensor;
  for (const NamedTensor& named : network.buffers()) tensors[named.name] = named.tensor;
  return Collect(plan, tensors);
}

std::vector<StageTensors> StageTensorsOf(const FusedPlan& plan, const Network& network,
                                         const std::vector<at::Tensor>& of_parameters) {
  TensorsByName tensors;
  for (size_t i = 0; i < of_parameters.size(); ++i) {
    tensors[network.parameters()[i].name] = of_parameters[i];
  }
  return Collect(plan, tensors);
}

}  // namespace traind
