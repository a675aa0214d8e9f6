#ifndef TRAIND_TESTS_TORCH_SMALL_RECIPE_H_
#define TRAIND_TESTS_TORCH_SMALL_RECIPE_H_

#include <cstdint>

#include "server/datasets/split.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// A small network for [1, 8, 8] images and 3 classes with every kind of layer but
// dropout: that of SmallNet in fixtures/make_fixtures.py, seed 7, batches of 8.
v1::Recipe SmallRecipe();

// Every random change of images that there is.
v1::Augmentation EveryAugmentation();

// Makes its layers[7] one that the fused step lacks.
void MisfitFusedStep(v1::Recipe& recipe);

// Images of three kinds, told apart by which third of the rows of pixels is bright,
// with noise; the same for the same seed.
Split SmallSplit(int64_t row_count, uint32_t seed);

}  // namespace traind

#endif  // TRAIND_TESTS_TORCH_SMALL_RECIPE_H_
