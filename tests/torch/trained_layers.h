#ifndef TRAIND_TESTS_TORCH_TRAINED_LAYERS_H_
#define TRAIND_TESTS_TORCH_TRAINED_LAYERS_H_

#include "server/torch/infer/fold.h"

namespace traind {

// Layers with random weights; batch norms have statistics and scales as after training,
// the first scale of each being `first_scale`.
InferenceLayers TrainedLayers(const v1::Network& description,
                              const v1::Normalization& normalization, double first_scale = 0.7);

}  // namespace traind

#endif  // TRAIND_TESTS_TORCH_TRAINED_LAYERS_H_
