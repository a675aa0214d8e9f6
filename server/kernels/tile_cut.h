#ifndef TRAIND_SERVER_KERNELS_TILE_CUT_H_
#define TRAIND_SERVER_KERNELS_TILE_CUT_H_

#include "server/kernels/tile_config.h"

namespace traind {

// Cuts a length into as few pieces of at most 16 as there can be, all of one size, since the tiles'
// shapes are configured once a call. Where the size does not divide the length, the last piece
// begins sooner and leaves out what the piece before it had:
//
//   length 21:  |<-- 11: 0 to 10 -->|
//                                 |<-- 11: 10 to 20, without the first -->|
struct TileCut {
  int length;  // at least 1
  int count;
  int size;

  [[gnu::always_inline]] static TileCut Of(int length) {
    const int count = (length + kTileRows - 1) / kTileRows;
    return {length, count, (length + count - 1) / count};
  }
  [[gnu::always_inline]] int Begin(int piece) const {
    const int begin = piece * size;
    return begin < length - size ? begin : length - size;
  }
  [[gnu::always_inline]] int Skip(int piece) const { return piece * size - Begin(piece); }
};

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_TILE_CUT_H_
