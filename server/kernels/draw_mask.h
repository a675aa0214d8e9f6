#ifndef TRAIND_SERVER_KERNELS_DRAW_MASK_H_
#define TRAIND_SERVER_KERNELS_DRAW_MASK_H_

#include <cstdint>

#include "server/kernels/elementwise.h"
#include "server/kernels/philox.h"

namespace traind {

// ElementwiseKernelsOf::draw_mask with a block of 8 elements in each lane, so 128 elements at once
// with AVX-512. `Lanes` as in conv_forward_tile.h.
//
//   lane:              0              1        …
//   words[0]   elements 1 | 0         9 | 8        <- two random numbers of 16 bits in a lane
//   words[1]            3 | 2        11 | 10
//   words[2]            5 | 4        13 | 12
//   words[3]            7 | 6        15 | 14
//   result     bits 7 … 0         15 … 8
template <class Lanes>
class DrawMaskPath {
 public:
  static void Run(const DropoutStream& stream, double probability, int64_t count, uint8_t* bits) {
    const uint32_t threshold = DropThreshold(probability);
    const int64_t blocks = count / 8;
    int64_t block = 0;
    for (; block + Lanes::kCount <= blocks; block += Lanes::kCount) {
      Draw(stream, threshold, block, bits + block);
    }
    if (block == blocks) return;
    uint8_t rest[Lanes::kCount];
    Draw(stream, threshold, block, rest);
    for (int64_t i = block; i < blocks; ++i) bits[i] = rest[i - block];
  }

 private:
  using Integers = typename Lanes::Integers;

  static void Draw(const DropoutStream& stream, uint32_t threshold, int64_t block, uint8_t* bits) {
    Integers words[4] = {
        Lanes::CountFrom(static_cast<uint32_t>(block)), Lanes::BroadcastInteger(stream.counter[0]),
        Lanes::BroadcastInteger(stream.counter[1]), Lanes::BroadcastInteger(stream.counter[2])};
    Philox(stream.key, words);
    const Integers least = Lanes::BroadcastInteger(threshold | threshold << 16);
    Integers kept = Lanes::BroadcastInteger(0);
    for (int i = 0; i < 4; ++i) {
      // Of the even element the bit in the lower half, of the odd one that in the upper half.
      const Integers own_bits = Lanes::BroadcastInteger(1U << (2 * i) | 2U << (2 * i + 16));
      kept = Lanes::Or(kept, Lanes::And(Lanes::HalvesAtLeast(words[i], least), own_bits));
    }
    Lanes::StoreBytes(bits, Lanes::Or(kept, Lanes::HighHalves(kept)));
  }

  static void Philox(const uint32_t key[2], Integers words[4]) {
    uint32_t key0 = key[0];
    uint32_t key1 = key[1];
    const Integers multiplier0 = Lanes::BroadcastInteger(kPhiloxMultipliers[0]);
    const Integers multiplier1 = Lanes::BroadcastInteger(kPhiloxMultipliers[1]);
    for (int round = 0; round < kPhiloxRounds; ++round) {
      Integers high0, low0, high1, low1;
      Lanes::MultiplyWide(words[0], multiplier0, &high0, &low0);
      Lanes::MultiplyWide(words[2], multiplier1, &high1, &low1);
      words[0] =
          Lanes::XorIntegers(Lanes::XorIntegers(high1, words[1]), Lanes::BroadcastInteger(key0));
      words[1] = low1;
      words[2] =
          Lanes::XorIntegers(Lanes::XorIntegers(high0, words[3]), Lanes::BroadcastInteger(key1));
      words[3] = low0;
      key0 += kPhiloxKeySteps[0];
      key1 += kPhiloxKeySteps[1];
    }
  }
};

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_DRAW_MASK_H_
