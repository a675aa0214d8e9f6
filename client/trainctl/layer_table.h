#ifndef TRAIND_CLIENT_TRAINCTL_LAYER_TABLE_H_
#define TRAIND_CLIENT_TRAINCTL_LAYER_TABLE_H_

#include <string>

#include "traind/v1/recipe_service.pb.h"

namespace traind {

// The layers as torchsummary prints those of a module that calls activations, max
// pooling and flatten as functions: such layers have no row; layers within another have
// theirs before it. Totals: input and parameters at 4 bytes a value, forward/backward
// twice the listed outputs.
std::string LayerTable(const v1::RecipeSummary& summary);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_LAYER_TABLE_H_
