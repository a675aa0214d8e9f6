#include "client/trainctl/sweep_text.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "client/run_state.h"
#include "client/trainctl/text_table.h"
#include "client/trainctl/time_text.h"

namespace traind {
namespace {

bool ByAccuracy(const v1::Sweep& sweep) {
  return sweep.recipe().selection().metric() == v1::SELECTION_METRIC_ACCURACY;
}

std::string MetricName(const v1::Sweep& sweep) {
  const std::string name = v1::SelectionMetric_Name(sweep.recipe().selection().metric());
  return absl::AsciiStrToLower(absl::StripPrefix(name, "SELECTION_METRIC_"));
}

const v1::SweepPoint* Best(const v1::Sweep& sweep) {
  const int number = sweep.best_point();
  return number >= 1 && number <= sweep.points_size() ? &sweep.points(number - 1) : nullptr;
}

// A point that was left behind has a run that is paused or cancelled: the sweep's word
// says more.
std::string PointState(const v1::SweepPoint& point) {
  if (point.run_id().empty() && !point.done()) {
    return point.rung_values().empty() ? "WAITS" : "AT RUNG";
  }
  if (!point.done() && point.rung_values_size() > point.rung()) return "AT RUNG";
  return RunStateName(point.run_state());
}

std::string SearchText(const v1::Sweep& sweep) {
  const v1::SweepSearch& search = sweep.search();
  std::string text =
      search.random().empty() ? "grid" : absl::StrCat("random, seed ", search.seed());
  if (search.has_halving()) {
    absl::StrAppend(
        &text, ", halving from epoch ", std::max(1, search.halving().min_epochs()), " by ",
        search.halving().reduction_factor() == 0 ? 4 : search.halving().reduction_factor());
  }
  return absl::StrCat(text, ", ", sweep.parallelism(), " at once");
}

std::string CountText(const v1::Sweep& sweep) {
  return absl::StrCat(sweep.point_count(), ": ", sweep.done_count(), " through, ",
                      sweep.active_count(), " active, ", sweep.failed_count(), " failed");
}

std::string PointsTable(const v1::Sweep& sweep) {
  TextTable table({"POINT", "RUN", "STATE", "EPOCH", absl::AsciiStrToUpper(MetricName(sweep)),
                   "PARAMETERS", "REASON"});
  for (const v1::SweepPoint* point : RankedPoints(sweep)) {
    table.AddRow({absl::StrCat(point->number()), point->run_id(), PointState(*point),
                  absl::StrCat(point->epochs_finished(), "/", sweep.recipe().epoch_count()),
                  point->has_best_value() ? ValueText(sweep, point->best_value()) : "",
                  ParametersText(*point), point->reason()});
  }
  return table.Render("  ");
}

}  // namespace

std::string SweepStateName(v1::SweepState state) {
  const std::string name = v1::SweepState_Name(state);
  if (name.empty()) return absl::StrCat("UNKNOWN(", static_cast<int>(state), ")");
  return std::string(absl::StripPrefix(name, "SWEEP_STATE_"));
}

bool IsTerminalState(v1::SweepState state) {
  return state == v1::SWEEP_STATE_SUCCEEDED || state == v1::SWEEP_STATE_FAILED ||
         state == v1::SWEEP_STATE_CANCELLED;
}

std::string ValueText(const v1::Sweep& sweep, double value) {
  return ByAccuracy(sweep) ? absl::StrFormat("%.2f%%", 100 * value)
                           : absl::StrFormat("%.6g", value);
}

std::string PointLine(const v1::Sweep& sweep, const v1::SweepPoint& point) {
  std::string text = absl::StrCat("point ", point.number());
  if (!point.run_id().empty()) absl::StrAppend(&text, " ", point.run_id());
  absl::StrAppend(&text, " ", PointState(point));
  if (point.has_best_value()) absl::StrAppend(&text, ", ", ValueText(sweep, point.best_value()));
  absl::StrAppend(&text, ": ", ParametersText(point));
  if (point.run_state() == v1::RUN_STATE_FAILED) absl::StrAppend(&text, " (", point.reason(), ")");
  return text;
}

std::string SweepEndText(const v1::Sweep& sweep) {
  std::string text = absl::StrCat(sweep.id(), " ", SweepStateName(sweep.state()));
  if (!sweep.state_reason().empty()) absl::StrAppend(&text, ": ", sweep.state_reason());
  if (const v1::SweepPoint* best = Best(sweep)) {
    absl::StrAppend(&text, "; best ", MetricName(sweep), " ", ValueText(sweep, best->best_value()),
                    ": ", ParametersText(*best), " (", best->run_id(), ")");
  }
  return text;
}

std::vector<const v1::SweepPoint*> RankedPoints(const v1::Sweep& sweep) {
  std::vector<const v1::SweepPoint*> points;
  for (const v1::SweepPoint& point : sweep.points()) points.push_back(&point);
  const bool larger = ByAccuracy(sweep);
  std::stable_sort(
      points.begin(), points.end(), [larger](const v1::SweepPoint* a, const v1::SweepPoint* b) {
        if (a->has_best_value() != b->has_best_value()) return a->has_best_value();
        if (!a->has_best_value()) return false;
        return larger ? a->best_value() > b->best_value() : a->best_value() < b->best_value();
      });
  return points;
}

std::string SweepText(const v1::Sweep& sweep, absl::Time now) {
  std::string text;
  AddField(text, "Sweep", sweep.id());
  AddField(text, "State",
           absl::StrCat(SweepStateName(sweep.state()), sweep.state_reason().empty() ? "" : ": ",
                        sweep.state_reason()));
  AddField(text, "Search", SearchText(sweep));
  AddField(text, "Points", CountText(sweep));
  if (const v1::SweepPoint* best = Best(sweep)) {
    AddField(text, "Best",
             absl::StrCat(best->run_id(), ", ", MetricName(sweep), " ",
                          ValueText(sweep, best->best_value()), ": ", ParametersText(*best)));
  }
  AddField(text, "Created",
           absl::StrCat(TimeText(sweep.create_time()), " (",
                        DurationText(now - ToTime(sweep.create_time())), " ago)"));
  if (sweep.has_end_time()) {
    AddField(text, "Took", DurationText(ToTime(sweep.end_time()) - ToTime(sweep.create_time())));
  }
  AddField(text, "Request id", sweep.request_id());
  return absl::StrCat(text, PointsTable(sweep));
}

}  // namespace traind
