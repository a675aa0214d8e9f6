#ifndef TRAIND_CLIENT_TRAINCTL_ARCHITECTURE_TABLE_H_
#define TRAIND_CLIENT_TRAINCTL_ARCHITECTURE_TABLE_H_

#include <string>

#include "traind/v1/recipe_service.pb.h"

namespace traind {

// The network block by block: input, kernels and output of every convolution
// and pooling as HEIGHTxWIDTHxCHANNELS, or LENGTHxCHANNELS, with its receptive field, and a
// note on how that is computed. Layers within others are indented below them.
std::string ArchitectureTable(const v1::RecipeSummary& summary);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_ARCHITECTURE_TABLE_H_
