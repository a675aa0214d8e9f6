#ifndef TRAIND_SERVER_KERNELS_CHANNEL_LANES_H_
#define TRAIND_SERVER_KERNELS_CHANNEL_LANES_H_

#include <cstdint>

#include "server/kernels/elementwise.h"

namespace traind {

// What elementwise_lanes.h and max_pool.h do alike with one vector of channels; `Lanes` as in
// conv_forward_tile.h.

// The vector whose first channel is the mask's element `element`: scaled where kept, else 0.
template <class Lanes>
[[gnu::always_inline]] inline typename Lanes::Vector Dropped(const DropoutMask& mask,
                                                             int64_t element,
                                                             typename Lanes::Vector v) {
  const auto scaled = Lanes::Multiply(v, Lanes::Broadcast(mask.scale));
  if (mask.bits == nullptr) return scaled;
  return Lanes::ZeroUnless(Lanes::LoadBits(mask.bits + element / 8), scaled);
}

// sum[channel …] += v; nothing where there is no sum.
template <class Lanes>
[[gnu::always_inline]] inline void AddTo(float* sum, int channel, typename Lanes::Vector v) {
  if (sum != nullptr) Lanes::Store(sum + channel, Lanes::Add(Lanes::Load(sum + channel), v));
}

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_CHANNEL_LANES_H_
