#ifndef TRAIND_SERVER_TORCH_INFER_CUDA_EXECUTOR_H_
#define TRAIND_SERVER_TORCH_INFER_CUDA_EXECUTOR_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/serving/executor.h"
#include "server/torch/infer/device_lane.h"
#include "server/torch/infer/fold.h"
#include "server/torch/infer/inference_form.h"
#include "server/torch/infer/inference_network.h"

namespace traind {

// Runs a network on a CUDA device. Each execution has a lane of its own while it runs,
// with a stream of its own, so that executions do not wait for one another. Thread-safe.
class CudaExecutor : public Executor {
 public:
  struct Options {
    at::Device device;
    v1::Precision precision = v1::PRECISION_FP32;
    int lane_count = 1;  // at most 16 are made
    int64_t weights_bytes = 0;
    // Set once the device is lost; shared by all executors on it.
    std::shared_ptr<std::atomic<bool>> lost;
  };

  // Warms up and records; fills in the form's graphs. ListDevices must have named the
  // device. UNAVAILABLE when it is lost, else as CatchTorch says.
  static absl::StatusOr<std::unique_ptr<CudaExecutor>> Create(Options options,
                                                              const InferenceLayers& layers,
                                                              InferenceForm& form);
  CudaExecutor(const CudaExecutor&) = delete;
  // Gives the device's memory back. Waits for nothing: no Run may be under way.
  ~CudaExecutor() override;

  // As the interface says; UNAVAILABLE: the device is lost, and all that runs on it.
  absl::StatusOr<Prediction> Run(absl::Span<const absl::string_view> inputs,
                                 int64_t row_count) override;

  // What it has taken of the device.
  int64_t memory_bytes() const override { return memory_bytes_; }

 private:
  CudaExecutor(Options options, const InferenceLayers& layers);

  struct Lane {
    int number = 0;
    std::unique_ptr<DeviceLane> work;
  };

  // Makes the lanes. Throws c10::Error.
  void Prepare(const InferenceLayers& layers, InferenceForm& form);
  // Waits for a lane that is free; gives it back.
  Lane TakeLane();
  void ReturnLane(Lane lane);
  bool HasLane() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !free_lanes_.empty(); }

  // Constant after Create.
  const Options options_;
  const v1::InputShape input_;
  std::unique_ptr<InferenceNetwork> network_;
  int64_t memory_bytes_ = 0;

  absl::Mutex mutex_;
  std::vector<Lane> free_lanes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_INFER_CUDA_EXECUTOR_H_
