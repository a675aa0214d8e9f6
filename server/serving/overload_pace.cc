#include "server/serving/overload_pace.h"

#include <algorithm>

namespace traind {
namespace {

constexpr double kMargin = 1.3;
// Weight of the newest batch.
constexpr double kNewRatioShare = 0.05;
// Of one batch, so that a pause of the machine is not remembered for long.
constexpr double kRatioMax = 4;

}  // namespace

absl::Duration OverloadPace::Cautious(absl::Duration expected) const {
  return kMargin * ratio_ * expected;
}

void OverloadPace::Learn(absl::Duration expected, absl::Duration taken, absl::Duration waited) {
  if (expected <= absl::ZeroDuration() || waited < kWaitedMin) return;
  const double ratio = std::min(kRatioMax, absl::FDivDuration(taken, expected));
  ratio_ += kNewRatioShare * (ratio - ratio_);
}

}  // namespace traind
