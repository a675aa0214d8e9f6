#ifndef TRAIND_SERVER_TORCH_INFER_MODULE_EXECUTOR_H_
#define TRAIND_SERVER_TORCH_INFER_MODULE_EXECUTOR_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/serving/executor.h"
#include "server/torch/infer/loaded_module.h"
#include "server/torch/nn/pixel_normalization.h"
#include "traind/v1/model.pb.h"

namespace traind {

// Runs a module on the CPU, in the calling thread. Immutable after construction.
class ModuleExecutor : public Executor {
 public:
  // Loads the module in a version's folder, once its manifest vouches for it, and tries it
  // on a row of zeros; `thread_count` threads call Run at once. Only where modules are
  // allowed: their code runs in this process. DATA_LOSS; INVALID_ARGUMENT for a module that
  // fails. Throws c10::Error.
  static absl::StatusOr<std::unique_ptr<Executor>> Load(const v1::ModelVersion& version,
                                                        const std::string& directory,
                                                        int thread_count);

  // Also INVALID_ARGUMENT: the module fails on these rows.
  absl::StatusOr<Prediction> Run(absl::Span<const absl::string_view> inputs,
                                 int64_t row_count) override;
  int64_t memory_bytes() const override { return module_.memory_bytes; }

 private:
  ModuleExecutor(const v1::Recipe& recipe, LoadedModule module, int64_t fixed_row_count);
  absl::StatusOr<Prediction> Predict(absl::Span<const absl::string_view> inputs,
                                     int64_t row_count) const;
  // `rows`, at most as many as it takes at once, to their answers [N, K].
  at::Tensor Forward(const at::Tensor& rows) const;

  const v1::InputShape input_;
  const int64_t output_count_;
  const PixelNormalization normalization_;
  const LoadedModule module_;
  const int64_t fixed_row_count_;  // 0: any number
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_INFER_MODULE_EXECUTOR_H_
