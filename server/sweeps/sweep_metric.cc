#include "server/sweeps/sweep_metric.h"

#include <cmath>
#include <string>

#include "server/recipes/selection_value.h"

namespace traind {
namespace {

bool HasSucceeded(const v1::SweepPoint& point) {
  return point.done() && point.run_state() == v1::RUN_STATE_SUCCEEDED;
}

}  // namespace

bool IsBetter(const v1::Selection& selection, double a, double b) {
  if (std::isnan(b)) return !std::isnan(a);
  return LargerIsBetter(selection) ? a > b : a < b;
}

int BestPoint(const v1::Sweep& sweep) {
  const v1::Selection& selection = sweep.recipe().selection();
  const v1::SweepPoint* best = nullptr;
  for (const v1::SweepPoint& point : sweep.points()) {
    if (!point.has_best_value()) continue;
    const bool better =
        best == nullptr || (HasSucceeded(point) != HasSucceeded(*best)
                                ? HasSucceeded(point)
                                : IsBetter(selection, point.best_value(), best->best_value()));
    if (better) best = &point;
  }
  return best == nullptr ? 0 : best->number();
}

void CountPoints(v1::Sweep& sweep) {
  int active = 0;
  int done = 0;
  int failed = 0;
  for (const v1::SweepPoint& point : sweep.points()) {
    if (point.done()) {
      ++done;
      if (point.run_state() == v1::RUN_STATE_FAILED) ++failed;
    } else if (!point.run_id().empty() && point.run_state() != v1::RUN_STATE_PAUSED) {
      ++active;
    }
  }
  sweep.set_point_count(sweep.points_size());
  sweep.set_active_count(active);
  sweep.set_done_count(done);
  sweep.set_failed_count(failed);
  const int best = BestPoint(sweep);
  sweep.set_best_point(best);
  sweep.set_best_run_id(best == 0 ? "" : sweep.points(best - 1).run_id());
}

}  // namespace traind
