#ifndef TRAIND_SERVER_TORCH_INFER_TORCH_EXECUTOR_H_
#define TRAIND_SERVER_TORCH_INFER_TORCH_EXECUTOR_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/serving/executor.h"
#include "traind/v1/model.pb.h"

namespace traind {

// Loads recipe models for the CPU: builds the network of version.recipe() and
// gives it the weights of `model.safetensors`, once its manifest vouches for them.
// Thread-safe.
class TorchExecutorLoader : public ExecutorLoader {
 public:
  // As the interface says; also DATA_LOSS where the weights do not fit the recipe,
  // INVALID_ARGUMENT for a recipe that cannot be built.
  absl::StatusOr<std::unique_ptr<Executor>> Load(const v1::ModelVersion& version,
                                                 const std::string& directory) override;
};

// To be called once on each thread that runs executors, before it does: a forward
// pass on it uses this many threads. Never throws.
void PrepareExecutorThread(int thread_count);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_INFER_TORCH_EXECUTOR_H_
