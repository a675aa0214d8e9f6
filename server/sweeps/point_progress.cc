#include "server/sweeps/point_progress.h"

#include "server/recipes/selection_value.h"
#include "server/runs/run_state.h"
#include "server/sweeps/sweep_metric.h"
#include "server/sweeps/sweep_plan.h"
#include "server/sweeps/sweep_request.h"

namespace traind {
namespace {

bool HasReachedItsRung(const v1::Sweep& sweep, const v1::Run& run, const v1::SweepPoint& point) {
  return run.state() == v1::RUN_STATE_PAUSED && run.pause_after_epoch() > 0 &&
         run.pause_after_epoch() == PauseAfterEpoch(sweep, point) &&
         run.epochs_finished() >= run.pause_after_epoch() &&
         point.rung_values_size() == point.rung();
}

}  // namespace

void NoteRun(const v1::Sweep& sweep, const v1::Run& run, v1::SweepPoint& point) {
  const v1::Selection& selection = sweep.recipe().selection();
  point.set_run_state(run.state());
  point.set_epochs_finished(run.epochs_finished());
  if (run.has_best_epoch()) {
    point.set_best_value(SelectionValue(selection, run.best_epoch()));
  }
  if (HasReachedItsRung(sweep, run, point)) {
    point.add_rung_values(SelectionValue(selection, run.last_epoch()));
  }
  if (!IsTerminal(run.state())) return;
  point.set_done(true);
  if (run.state() != v1::RUN_STATE_SUCCEEDED) {
    point.set_reason(run.has_error() ? run.error().message() : run.state_reason());
    return;
  }
  if (!sweep.search().has_halving()) return;
  // It may have passed rungs without a stop.
  const int rungs = static_cast<int>(RungEpochs(sweep).size());
  while (point.rung_values_size() < rungs) {
    point.add_rung_values(SelectionValue(selection, run.last_epoch()));
  }
  point.set_rung(rungs - 1);
}

void ForgetUnsuccessfulRuns(v1::Sweep& sweep) {
  for (v1::SweepPoint& point : *sweep.mutable_points()) {
    if (point.done() && point.run_state() == v1::RUN_STATE_SUCCEEDED) continue;
    point.set_done(false);
    point.clear_run_id();
    point.clear_run_state();
    point.clear_reason();
    point.clear_epochs_finished();
    point.clear_best_value();
  }
}

}  // namespace traind
