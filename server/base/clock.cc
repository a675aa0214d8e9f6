#include "server/base/clock.h"

#include "absl/time/clock.h"

namespace traind {
namespace {

class WallClock : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

}  // namespace

const Clock& RealClock() {
  static const WallClock* const clock = new WallClock;
  return *clock;
}

}  // namespace traind
