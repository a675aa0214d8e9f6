#ifndef TRAIND_BENCH_TRAIN_PEAK_LOOPS_H_
#define TRAIND_BENCH_TRAIN_PEAK_LOOPS_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace traind {

// Multiply-adds on registers that never leave the processor: what one thread can do at most with
// the instructions of a path of server/kernels.
struct PeakLoop {
  // Runs so many rounds.
  void (*run)(int rounds);
  // Additions and multiplications of a round.
  int64_t operations_per_round;
};

// Of the path `avx512`, `avx2`, `avx512bf16` or `amxbf16`; null when there is none, or when this
// processor cannot run it.
const PeakLoop* FindPeakLoop(absl::string_view path);

}  // namespace traind

#endif  // TRAIND_BENCH_TRAIN_PEAK_LOOPS_H_
