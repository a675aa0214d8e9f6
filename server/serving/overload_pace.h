#ifndef TRAIND_SERVER_SERVING_OVERLOAD_PACE_H_
#define TRAIND_SERVER_SERVING_OVERLOAD_PACE_H_

#include "absl/time/time.h"

namespace traind {

// How long batches take while others wait, against what their rows were expected to: a
// moving mean. Costs are those of the best size in a quiet moment; under an overload the
// cores also read, refuse and answer, and batches are of the size that deadlines leave.
// Not thread-safe.
class OverloadPace {
 public:
  // What work that was put at `expected` may well take: with a margin, as times vary,
  // and what is answered a little late was computed for nothing.
  absl::Duration Cautious(absl::Duration expected) const;

  // A batch whose rows were expected to take so long took `taken`, and its first call
  // had waited so long. One that had hardly waited is of a quiet moment and teaches
  // nothing.
  void Learn(absl::Duration expected, absl::Duration taken, absl::Duration waited);

  static constexpr absl::Duration kWaitedMin = absl::Milliseconds(20);

 private:
  double ratio_ = 1;
};

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_OVERLOAD_PACE_H_
