#ifndef TRAIND_SERVER_TORCH_NN_FUSED_NETWORK_OF_H_
#define TRAIND_SERVER_TORCH_NN_FUSED_NETWORK_OF_H_

#include <memory>

#include "absl/status/statusor.h"
#include "server/fused/fused_network.h"
#include "server/torch/nn/network.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// A network with its present weights for Predict: by the fused kernels, from images as
// clients send them, pixel/255, and without the tensor library. Its logits have been
// compared with those of `network` on random images; with `bf16` those before weights and
// activations are rounded to it. UNIMPLEMENTED names the layer that does not fit;
// INTERNAL: the logits differ by more than 1e-4 of the largest. Throws c10::Error.
absl::StatusOr<std::unique_ptr<FusedNetwork>> FusedNetworkOf(const v1::Network& description,
                                                             const v1::Normalization& normalization,
                                                             const Network& network,
                                                             bool bf16 = false);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_NN_FUSED_NETWORK_OF_H_
