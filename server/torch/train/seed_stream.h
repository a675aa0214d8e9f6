#ifndef TRAIND_SERVER_TORCH_TRAIN_SEED_STREAM_H_
#define TRAIND_SERVER_TORCH_TRAIN_SEED_STREAM_H_

#include <cstdint>

namespace traind {

// What random numbers are drawn for. Initial weights use the recipe's seed as it
// is, so that they equal those of torch.manual_seed(seed) in PyTorch.
enum class SeedStream : uint64_t {
  kOrder = 1,
  kShift = 2,
  kDropout = 3,
  kFlip = 4,
  kAffine = 5,
  kErase = 6,
  kMixup = 7,
};

// Seed of one stream in one epoch (1-based). Every epoch starts anew, so that a
// training that goes on from an epoch's checkpoint draws the same numbers.
// The mixing step is splitmix64 (Steele, Lea, Flood: "Fast Splittable
// Pseudorandom Number Generators", OOPSLA 2014).
uint64_t StreamSeed(int64_t recipe_seed, SeedStream stream, int epoch);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_SEED_STREAM_H_
