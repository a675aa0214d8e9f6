#ifndef TRAIND_SERVER_TORCH_NN_NETWORK_STATE_H_
#define TRAIND_SERVER_TORCH_NN_NETWORK_STATE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/torch/checkpoint/state_tensors.h"
#include "server/torch/nn/network.h"

namespace traind {

// All parameters and buffers as a safetensors file of F32 tensors, or F64 where the network
// has such; a network that is a module as a TorchScript file. Throws c10::Error.
absl::StatusOr<std::string> SaveState(const Network& network);

// Sets all parameters and buffers from such a file; a network of float32 rounds what was
// trained in float64. DATA_LOSS names the tensor
// that is absent, unknown or of another shape or type; the network may then hold a
// part of the file. Throws c10::Error.
absl::Status LoadState(absl::string_view file, Network& network);

// The same among other state, each name after `prefix`.
void PutNetwork(const std::string& prefix, const Network& network, StateTensors& state);
absl::Status TakeNetwork(const std::string& prefix, StateTensors& state, Network& network);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_NN_NETWORK_STATE_H_
