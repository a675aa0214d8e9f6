#ifndef TRAIND_CLIENT_TRAINCTL_SWEEP_TEXT_H_
#define TRAIND_CLIENT_TRAINCTL_SWEEP_TEXT_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "traind/v1/sweep.pb.h"

namespace traind {

// The state as people write it, such as `RUNNING`.
std::string SweepStateName(v1::SweepState state);
bool IsTerminalState(v1::SweepState state);

// `optimizer.sgd.learning_rate=0.1 batch_size=32`.
template <typename Holder>
std::string ParametersText(const Holder& holder) {
  std::string text;
  for (const v1::FieldValue& parameter : holder.parameters()) {
    if (!text.empty()) text += " ";
    text += parameter.path() + "=" + parameter.value();
  }
  return text;
}

// The selection's metric, such as `98.51%` for accuracy or `0.0123`.
std::string ValueText(const v1::Sweep& sweep, double value);

// `point 3 s4-7 SUCCEEDED, 98.51%: optimizer.sgd.learning_rate=0.1`.
std::string PointLine(const v1::Sweep& sweep, const v1::SweepPoint& point);

// How the sweep has ended, with its best point: one line.
std::string SweepEndText(const v1::Sweep& sweep);

// The points by value, the best first; those without one in their order. They belong to
// the sweep.
std::vector<const v1::SweepPoint*> RankedPoints(const v1::Sweep& sweep);

// Everything about a sweep, for people: state, counts, the best and a table of its
// points, the best first. `now` is for ages.
std::string SweepText(const v1::Sweep& sweep, absl::Time now);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_SWEEP_TEXT_H_
