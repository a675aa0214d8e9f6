#ifndef TRAIND_SERVER_TORCH_INFER_FUSED_EXECUTOR_H_
#define TRAIND_SERVER_TORCH_INFER_FUSED_EXECUTOR_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "server/fused/fused_network.h"
#include "server/serving/executor.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Runs a network on the CPU by the fused kernels, in the calling thread, without the
// tensor library. A row's answer does not depend on the others. Immutable after
// construction.
class FusedExecutor : public Executor {
 public:
  FusedExecutor(const v1::InputShape& input, std::unique_ptr<const FusedNetwork> network)
      : input_(input), network_(std::move(network)) {}

  absl::StatusOr<Prediction> Run(absl::Span<const absl::string_view> inputs,
                                 int64_t row_count) override;
  bool runs_on_any_thread() const override { return true; }
  int64_t memory_bytes() const override { return network_->memory_bytes(); }

 private:
  const v1::InputShape input_;
  const std::unique_ptr<const FusedNetwork> network_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_INFER_FUSED_EXECUTOR_H_
