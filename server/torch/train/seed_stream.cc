#include "server/torch/train/seed_stream.h"

namespace traind {
namespace {

uint64_t Mix(uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

}  // namespace

uint64_t StreamSeed(int64_t recipe_seed, SeedStream stream, int epoch) {
  const uint64_t seed = Mix(static_cast<uint64_t>(recipe_seed));
  return Mix(Mix(seed ^ static_cast<uint64_t>(stream)) ^ static_cast<uint64_t>(epoch));
}

}  // namespace traind
