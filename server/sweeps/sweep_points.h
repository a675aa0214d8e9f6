#ifndef TRAIND_SERVER_SWEEPS_SWEEP_POINTS_H_
#define TRAIND_SERVER_SWEEPS_SWEEP_POINTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "traind/v1/sweep.pb.h"

namespace traind {

// The points of a search, numbered from 1, with their parameters. A grid is nested
// loops, the last parameter the innermost. Of random draws, point n takes the n-th
// number of each parameter's own stream: splitmix64 (Steele, Lea, Flood, OOPSLA 2014)
// that begins at seed + 2^32 * (parameter's place, from 0), as a share u of 1 by its
// upper 53 bits; then min + u (max - min), min (max / min)^u, or choice floor(u n).
// INVALID_ARGUMENT names the field, also when there are more than `points_max` points.
absl::StatusOr<std::vector<v1::SweepPoint>> ListPoints(const v1::SweepSearch& search,
                                                       int points_max);

}  // namespace traind

#endif  // TRAIND_SERVER_SWEEPS_SWEEP_POINTS_H_
