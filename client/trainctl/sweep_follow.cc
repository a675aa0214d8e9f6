#include "client/trainctl/sweep_follow.h"

#include <map>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "client/trainctl/sweep_text.h"

namespace traind {
namespace {

constexpr absl::Duration kLookInterval = absl::Milliseconds(200);

// What of a point is worth a line when it changes.
std::string Milestone(const v1::SweepPoint& point) {
  return absl::StrCat(point.done(), " ", point.rung_values_size());
}

}  // namespace

absl::StatusOr<v1::Sweep> FollowSweep(Session& session, const std::string& sweep_id) {
  const Environment& environment = session.environment;
  Waiter& waiter = environment.waiter != nullptr ? *environment.waiter : SystemWaiter();
  std::map<int, std::string> told;
  while (true) {
    absl::StatusOr<v1::Sweep> sweep = session.client.GetSweep(sweep_id);
    if (environment.stop.stop_requested()) break;
    if (!sweep.ok()) return sweep;
    for (const v1::SweepPoint& point : sweep->points()) {
      const bool news = point.done() || !point.rung_values().empty();
      std::string milestone = Milestone(point);
      if (!news || told[point.number()] == milestone) continue;
      told[point.number()] = std::move(milestone);
      if (!session.json) session.out() << PointLine(*sweep, point) << std::endl;
    }
    if (IsTerminalState(sweep->state())) return sweep;
    waiter.Wait(kLookInterval, environment.stop);
  }
  session.err() << "detached: sweep " << sweep_id
                << " goes on; look at it with `trainctl sweep-show " << sweep_id
                << "`, stop it with `trainctl sweep-cancel " << sweep_id << "`\n";
  return absl::CancelledError("interrupted");
}

}  // namespace traind
