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

// The sum of a plane's vectors: each row's for itself, then these with what rounding lost carried
// on. So it stays exact where many of them are equal, as behind a global average, and where they
// cancel out over a batch.
template <class Lanes>
struct RowSums {
  using Vector = typename Lanes::Vector;

  [[gnu::always_inline]] void Add(Vector v) { row = Lanes::Add(row, v); }
  [[gnu::always_inline]] void AddProduct(Vector a, Vector b) {
    row = Lanes::MultiplyAdd(a, b, row);
  }
  [[gnu::always_inline]] void EndRow() {
    const Vector minus = Lanes::Broadcast(-1);
    const Vector addend = Lanes::MultiplyAdd(minus, lost, row);
    const Vector sum = Lanes::Add(total, addend);
    lost = Lanes::MultiplyAdd(minus, addend, Lanes::MultiplyAdd(minus, total, sum));
    total = sum;
    row = Lanes::Zero();
  }

  Vector total = Lanes::Zero();
  Vector lost = Lanes::Zero();
  Vector row = Lanes::Zero();
};

// sum[channel …] += v; nothing where there is no sum.
template <class Lanes>
[[gnu::always_inline]] inline void AddTo(float* sum, int channel, typename Lanes::Vector v) {
  if (sum != nullptr) Lanes::Store(sum + channel, Lanes::Add(Lanes::Load(sum + channel), v));
}

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_CHANNEL_LANES_H_
