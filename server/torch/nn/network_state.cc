#include "server/torch/nn/network_state.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

std::vector<NamedTensor> TensorsOf(const Network& network) {
  std::vector<NamedTensor> tensors = network.parameters();
  tensors.insert(tensors.end(), network.buffers().begin(), network.buffers().end());
  return tensors;
}

}  // namespace

absl::StatusOr<std::string> SaveState(const Network& network) {
  if (network.module() != nullptr) return network.module()->Save();
  StateTensors state;
  PutNetwork("", network, state);
  return state.Serialize();
}

absl::Status LoadState(absl::string_view file, Network& network) {
  ASSIGN_OR_RETURN(StateTensors state, StateTensors::Parse(file));
  const std::vector<NamedTensor>& parameters = network.parameters();
  if (parameters.empty() || parameters[0].tensor.scalar_type() == at::kFloat) {
    state.RoundToFloat32();
  }
  RETURN_IF_ERROR(TakeNetwork("", state, network));
  return state.CheckAllTaken();
}

void PutNetwork(const std::string& prefix, const Network& network, StateTensors& state) {
  for (const NamedTensor& named : TensorsOf(network)) {
    state.Put(absl::StrCat(prefix, named.name), named.tensor);
  }
}

absl::Status TakeNetwork(const std::string& prefix, StateTensors& state, Network& network) {
  for (const NamedTensor& named : TensorsOf(network)) {
    RETURN_IF_ERROR(state.TakeInto(absl::StrCat(prefix, named.name), named.tensor));
  }
  return absl::OkStatus();
}

}  // namespace traind
