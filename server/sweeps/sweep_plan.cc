#include "server/sweeps/sweep_plan.h"

#include <algorithm>
#include <cstdint>

#include "server/sweeps/sweep_metric.h"

namespace traind {
namespace {

constexpr int kReductionFactorDefault = 4;

int ReductionFactor(const v1::Sweep& sweep) {
  const int factor = sweep.search().halving().reduction_factor();
  return factor == 0 ? kReductionFactorDefault : factor;
}

bool HasFailedBefore(const v1::SweepPoint& point, int rung) {
  return point.done() && point.run_state() == v1::RUN_STATE_FAILED && point.rung() == rung &&
         point.rung_values_size() == rung;
}

// A run waits for a slot or trains for the point, or a user holds it.
bool HasRun(const v1::SweepPoint& point) {
  return !point.done() && !point.run_id().empty() && !StandsAtRung(point);
}

bool HasBegun(const v1::SweepPoint& point) {
  return point.done() || !point.run_id().empty() || StandsAtRung(point);
}

// Points that have reached the rung, the best first.
std::vector<int> Ranking(const v1::Sweep& sweep, int rung) {
  std::vector<int> ranking;
  for (int i = 0; i < sweep.points_size(); ++i) {
    if (sweep.points(i).rung_values_size() > rung) ranking.push_back(i);
  }
  const v1::Selection& selection = sweep.recipe().selection();
  std::stable_sort(ranking.begin(), ranking.end(), [&](int a, int b) {
    return IsBetter(selection, sweep.points(a).rung_values(rung),
                    sweep.points(b).rung_values(rung));
  });
  return ranking;
}

// Where the others are through and none has all its epochs: the best of the highest rung.
std::optional<int> LastToPromote(const v1::Sweep& sweep) {
  int highest = -1;
  for (const v1::SweepPoint& point : sweep.points()) {
    if (point.done() && point.run_state() == v1::RUN_STATE_SUCCEEDED) return std::nullopt;
    if (!point.done() && StandsAtRung(point)) highest = std::max(highest, point.rung());
  }
  if (highest < 0) return std::nullopt;
  for (const int i : Ranking(sweep, highest)) {
    const v1::SweepPoint& point = sweep.points(i);
    if (!point.done() && point.rung() == highest && StandsAtRung(point)) return i;
  }
  return std::nullopt;
}

std::optional<int> FirstToStart(const v1::Sweep& sweep) {
  for (int i = 0; i < sweep.points_size(); ++i) {
    if (!HasBegun(sweep.points(i))) return i;
  }
  return std::nullopt;
}

// Marks the action as done in the sweep that the plan looks at.
void Assume(const SweepAction& action, v1::Sweep& sweep) {
  v1::SweepPoint& point = *sweep.mutable_points(action.point);
  if (action.kind == SweepAction::Kind::kPromote) point.set_rung(point.rung() + 1);
  point.set_run_state(v1::RUN_STATE_QUEUED);
  if (point.run_id().empty()) point.set_run_id("to be started");
}

}  // namespace

bool StandsAtRung(const v1::SweepPoint& point) {
  return !point.done() && point.rung_values_size() > point.rung();
}

std::vector<int> RungEpochs(const v1::Sweep& sweep) {
  std::vector<int> epochs;
  const int all = sweep.recipe().epoch_count();
  if (sweep.search().has_halving()) {
    const int64_t factor = ReductionFactor(sweep);
    int64_t rung = std::max(1, sweep.search().halving().min_epochs());
    for (; rung < all; rung *= factor) epochs.push_back(static_cast<int>(rung));
  }
  epochs.push_back(all);
  return epochs;
}

std::optional<int> PointToPromote(const v1::Sweep& sweep) {
  const int factor = ReductionFactor(sweep);
  const int last_rung = static_cast<int>(RungEpochs(sweep).size()) - 1;
  for (int rung = last_rung - 1; rung >= 0; --rung) {
    const std::vector<int> ranking = Ranking(sweep, rung);
    const auto failed =
        std::count_if(sweep.points().begin(), sweep.points().end(),
                      [rung](const v1::SweepPoint& point) { return HasFailedBefore(point, rung); });
    const size_t best = (ranking.size() + static_cast<size_t>(failed)) / factor;
    for (size_t place = 0; place < std::min(best, ranking.size()); ++place) {
      const v1::SweepPoint& point = sweep.points(ranking[place]);
      if (point.rung() == rung && StandsAtRung(point)) return ranking[place];
    }
  }
  return std::nullopt;
}

SweepPlan PlanSweep(const v1::Sweep& sweep) {
  SweepPlan plan;
  v1::Sweep assumed = sweep;
  bool held = false;
  int free = sweep.parallelism();
  for (const v1::SweepPoint& point : sweep.points()) {
    if (!HasRun(point)) continue;
    if (point.run_state() == v1::RUN_STATE_PAUSED) {
      held = true;
    } else {
      --free;
    }
  }
  const bool idle = free == sweep.parallelism() && !held;
  const bool halving = sweep.search().has_halving();
  while (free > 0) {
    std::optional<SweepAction> action;
    if (halving) {
      if (const std::optional<int> point = PointToPromote(assumed)) {
        action = SweepAction{SweepAction::Kind::kPromote, *point};
      }
    }
    if (!action) {
      if (const std::optional<int> point = FirstToStart(assumed)) {
        action = SweepAction{SweepAction::Kind::kStart, *point};
      }
    }
    if (!action) break;
    Assume(*action, assumed);
    plan.actions.push_back(*action);
    --free;
  }
  if (!plan.actions.empty() || !idle) return plan;
  if (halving) {
    if (const std::optional<int> point = LastToPromote(sweep)) {
      plan.actions.push_back({SweepAction::Kind::kPromote, *point});
      return plan;
    }
  }
  plan.finished = true;
  return plan;
}

}  // namespace traind
