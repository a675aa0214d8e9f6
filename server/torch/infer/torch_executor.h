#ifndef TRAIND_SERVER_TORCH_INFER_TORCH_EXECUTOR_H_
#define TRAIND_SERVER_TORCH_INFER_TORCH_EXECUTOR_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "server/serving/executor.h"
#include "server/torch/infer/inference_form.h"
#include "traind/v1/model.pb.h"
#include "traind/v1/run.pb.h"

namespace traind {

// Where and how executors run.
struct ExecutorOptions {
  // `cpu`, or `cuda:N` as ListDevices names it, which must have been called before any
  // other use of tensors in the process.
  std::string device = "cpu";
  // BF16 computes with fewer digits; answers stay FP32.
  v1::Precision precision = v1::PRECISION_FP32;
  // Threads that run one executor at once. On a GPU each has a stream, buffers and
  // recorded launches of its own, made as the version is loaded; one thread more waits.
  int thread_count = 1;
  // Whether versions that are modules may run in this process, on the CPU: theirs is code
  // that users have brought.
  bool allow_modules = false;
  // Told of every load of layers that succeeded, on the loading thread; may be empty.
  std::function<void(const v1::ModelVersion&, const InferenceForm&)> on_loaded;
};

// Loads recipe models: builds the network of version.recipe(), gives it the weights of
// `model.safetensors`, once its manifest vouches for them, and brings it into the form
// that runs fastest. Thread-safe.
class TorchExecutorLoader : public ExecutorLoader {
 public:
  explicit TorchExecutorLoader(ExecutorOptions options = {}) : options_(std::move(options)) {}

  // As the interface says; also DATA_LOSS where the weights do not fit the recipe,
  // INVALID_ARGUMENT for a recipe that cannot be built, FAILED_PRECONDITION for a
  // device that is not there, RESOURCE_EXHAUSTED when its memory does not suffice,
  // UNAVAILABLE once it is lost. The executors' Run may give UNAVAILABLE as well: the
  // device was lost.
  absl::StatusOr<std::unique_ptr<Executor>> Load(const v1::ModelVersion& version,
                                                 const std::string& directory) override;

  std::string device() const override { return options_.device; }

  // The device answers every call with an error, until this process ends: CUDA keeps
  // its errors. Nothing runs any more.
  bool is_lost() const { return *lost_; }

 private:
  absl::StatusOr<std::unique_ptr<Executor>> LoadModuleVersion(const v1::ModelVersion& version,
                                                              const std::string& directory) const;

  // Constant after construction.
  const ExecutorOptions options_;
  // Also held by the executors.
  const std::shared_ptr<std::atomic<bool>> lost_ = std::make_shared<std::atomic<bool>>(false);
};

// To be called once on each thread that runs executors, before it does: a forward
// pass on it uses this many threads. Never throws.
void PrepareExecutorThread(int thread_count);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_INFER_TORCH_EXECUTOR_H_
