#ifndef TRAIND_SERVER_TORCH_TRAIN_PROGRESS_GATE_H_
#define TRAIND_SERVER_TORCH_TRAIN_PROGRESS_GATE_H_

#include <chrono>
#include <optional>

namespace traind {

// Lets progress through at most once per interval.
class ProgressGate {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit ProgressGate(std::chrono::nanoseconds interval) : interval_(interval) {}

  // True when the last pass is at least an interval ago; then `now` is the last.
  bool Pass(TimePoint now) {
    if (last_ && now - *last_ < interval_) return false;
    last_ = now;
    return true;
  }

 private:
  std::chrono::nanoseconds interval_;
  std::optional<TimePoint> last_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_PROGRESS_GATE_H_
