#ifndef TRAIND_SERVER_WORKERS_REMOTE_EXECUTOR_H_
#define TRAIND_SERVER_WORKERS_REMOTE_EXECUTOR_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "server/serving/executor.h"
#include "server/workers/serving_link.h"

namespace traind {

// A version that is loaded in a serving worker's process. Thread-safe.
class RemoteExecutor : public Executor {
 public:
  // `tell_lost` is told, once, when a batch comes for a process that is gone already.
  RemoteExecutor(std::shared_ptr<ServingLink> link, ServingLink::Loaded loaded,
                 std::function<void()> tell_lost)
      : link_(std::move(link)), loaded_(std::move(loaded)), tell_lost_(std::move(tell_lost)) {}
  // Gives it up there.
  ~RemoteExecutor() override { link_->Unload(loaded_.handle); }

  // Also UNAVAILABLE: the process was lost.
  absl::StatusOr<Prediction> Run(absl::Span<const absl::string_view> inputs,
                                 int64_t row_count) override;

  int64_t memory_bytes() const override { return loaded_.memory_bytes; }

 private:
  // Synchronises itself.
  const std::shared_ptr<ServingLink> link_;
  // Constant after construction.
  const ServingLink::Loaded loaded_;
  const std::function<void()> tell_lost_;

  std::atomic<bool> told_ = false;
};

}  // namespace traind

#endif  // TRAIND_SERVER_WORKERS_REMOTE_EXECUTOR_H_
