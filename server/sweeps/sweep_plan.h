#ifndef TRAIND_SERVER_SWEEPS_SWEEP_PLAN_H_
#define TRAIND_SERVER_SWEEPS_SWEEP_PLAN_H_

#include <optional>
#include <vector>

#include "traind/v1/sweep.pb.h"

namespace traind {

// What a sweep does next with one of its points, by its index.
struct SweepAction {
  enum class Kind {
    kStart,    // a run begins, up to the point's rung
    kPromote,  // the point goes on to the next rung
  };
  Kind kind;
  int point = 0;

  friend bool operator==(const SweepAction&, const SweepAction&) = default;
};

struct SweepPlan {
  std::vector<SweepAction> actions;
  // Every point is through.
  bool finished = false;
};

// What a sweep does next: its free places go to points that may go on, those of the
// highest rung first, then to points that have not begun. Pure: the same sweep gives
// the same answer. Points whose run a user has paused take no place, and are waited for.
SweepPlan PlanSweep(const v1::Sweep& sweep);

// Epochs of each rung, ending with the recipe's epoch_count; that alone without halving.
std::vector<int> RungEpochs(const v1::Sweep& sweep);

// The point that may go on to the next rung, by SuccessiveHalving's rule.
std::optional<int> PointToPromote(const v1::Sweep& sweep);

// Whether the point waits at its rung to be promoted.
bool StandsAtRung(const v1::SweepPoint& point);

}  // namespace traind

#endif  // TRAIND_SERVER_SWEEPS_SWEEP_PLAN_H_
