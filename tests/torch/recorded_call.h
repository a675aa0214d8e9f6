#ifndef TRAIND_TESTS_TORCH_RECORDED_CALL_H_
#define TRAIND_TESTS_TORCH_RECORDED_CALL_H_

#include <functional>
#include <memory>

#include "server/torch/cuda/device_graph.h"
#include "server/torch/train/captured_steps.h"
#include "server/torch/train/step_choice.h"

namespace traind {

// A recording for the CPU: keeps the work and does it at each launch. As a graph's,
// what it does is decided by what the tensors hold then.
class RecordedCall : public DeviceGraph {
 public:
  explicit RecordedCall(int& launch_count) : launch_count_(launch_count) {}

  void Capture(absl::Span<const at::Generator>, const std::function<void()>& enqueue) override {
    work_ = enqueue;
  }
  void Launch() override {
    ++launch_count_;
    work_();
  }

 private:
  int& launch_count_;
  std::function<void()> work_;
};

// Captured steps on the CPU. Counts launches; `launch_count` must outlive the training.
inline StepChoice RecordedCalls(at::MemoryFormat format, int& launch_count) {
  return {"captured", [format, &launch_count](const StepParts& parts) {
            return std::make_unique<CapturedSteps>(
                parts, format, [&launch_count]() -> absl::StatusOr<std::unique_ptr<DeviceGraph>> {
                  return std::make_unique<RecordedCall>(launch_count);
                });
          }};
}

}  // namespace traind

#endif  // TRAIND_TESTS_TORCH_RECORDED_CALL_H_
