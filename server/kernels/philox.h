#ifndef TRAIND_SERVER_KERNELS_PHILOX_H_
#define TRAIND_SERVER_KERNELS_PHILOX_H_

#include <cstdint>

namespace traind {

// Philox4x32-10: 128 random bits that are a function of a key and a counter, so that a number can
// be drawn again without the ones before it. Salmon et al., "Parallel random numbers: as easy as
// 1, 2, 3", SC 2011.
inline constexpr uint32_t kPhiloxMultipliers[2] = {0xD2511F53, 0xCD9E8D57};
inline constexpr uint32_t kPhiloxKeySteps[2] = {0x9E3779B9, 0xBB67AE85};
inline constexpr int kPhiloxRounds = 10;

// The 16-bit random numbers below it are the share `probability`, rounded, of all of them; at most
// 65535.
uint16_t DropThreshold(double probability);

void Philox4x32(const uint32_t key[2], const uint32_t counter[4], uint32_t words[4]);

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_PHILOX_H_
