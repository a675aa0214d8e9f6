#include "server/kernels/philox.h"

#include <algorithm>
#include <cmath>

namespace traind {

uint16_t DropThreshold(double probability) {
  return static_cast<uint16_t>(std::clamp(std::lround(probability * 65536), 0L, 65535L));
}

void Philox4x32(const uint32_t key[2], const uint32_t counter[4], uint32_t words[4]) {
  uint32_t key0 = key[0];
  uint32_t key1 = key[1];
  for (int i = 0; i < 4; ++i) words[i] = counter[i];
  for (int round = 0; round < kPhiloxRounds; ++round) {
    const uint64_t product0 = uint64_t{kPhiloxMultipliers[0]} * words[0];
    const uint64_t product1 = uint64_t{kPhiloxMultipliers[1]} * words[2];
    words[0] = static_cast<uint32_t>(product1 >> 32) ^ words[1] ^ key0;
    words[1] = static_cast<uint32_t>(product1);
    words[2] = static_cast<uint32_t>(product0 >> 32) ^ words[3] ^ key1;
    words[3] = static_cast<uint32_t>(product0);
    key0 += kPhiloxKeySteps[0];
    key1 += kPhiloxKeySteps[1];
  }
}

}  // namespace traind
