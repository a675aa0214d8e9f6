#ifndef TRAIND_SERVER_TORCH_RANDOM_GENERATOR_H_
#define TRAIND_SERVER_TORCH_RANDOM_GENERATOR_H_

#include <cstdint>

#include "server/torch/torch_headers.h"

namespace traind {

// An own source of random numbers on a device; the process's default one is never
// used, so that nothing else can disturb a run's numbers. Not thread-safe.
at::Generator MakeGenerator(at::Device device, uint64_t seed);

// Starts its numbers anew.
void Reseed(at::Generator& generator, uint64_t seed);

// Where its numbers stand, as bytes (uint8 [n], a copy), and going on from there.
at::Tensor GeneratorState(at::Generator generator);
void SetGeneratorState(at::Generator& generator, const at::Tensor& state);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_RANDOM_GENERATOR_H_
