#include "server/serving/running_batches.h"

#include <algorithm>
#include <utility>

namespace traind {

RunningBatch& RunningBatches::Add(std::vector<PendingPredict> calls, absl::Duration now) {
  RunningBatch& batch = batches_.emplace_back();
  batch.version = calls.front().version;
  batch.executor = calls.front().executor;
  for (const PendingPredict& call : calls) batch.row_count += call.row_count;
  batch.calls = std::move(calls);
  batch.start = now;
  return batch;
}

std::vector<PendingPredict> RunningBatches::Remove(const RunningBatch& batch) {
  const auto found = std::find_if(batches_.begin(), batches_.end(),
                                  [&](const RunningBatch& entry) { return &entry == &batch; });
  std::vector<PendingPredict> calls = std::move(found->calls);
  batches_.erase(found);
  return calls;
}

std::vector<RunningBatches::Expired> RunningBatches::TakeExpired(absl::Duration now) {
  std::vector<Expired> expired;
  for (RunningBatch& batch : batches_) {
    if (!batch.inputs_copied.load(std::memory_order_acquire)) continue;
    for (PendingPredict& pending : batch.calls) {
      if (pending.done == nullptr || pending.call.deadline > now) continue;
      Expired& given_up = expired.emplace_back();
      given_up.queue_time = batch.start - pending.arrival;
      given_up.call.version = batch.version;
      given_up.call.row_count = pending.row_count;
      given_up.call.arrival = pending.arrival;
      given_up.call.done = std::exchange(pending.done, nullptr);
    }
  }
  return expired;
}

std::vector<StuckExecution> RunningBatches::FindStuck(absl::Duration now, absl::Duration timeout) {
  std::vector<StuckExecution> stuck;
  for (RunningBatch& batch : batches_) {
    const absl::Duration elapsed = now - batch.start;
    if (batch.is_stuck || elapsed < timeout) continue;
    batch.is_stuck = true;
    stuck.push_back({batch.version->model(), batch.version->version(), batch.row_count, elapsed});
  }
  return stuck;
}

absl::Duration RunningBatches::ExpectedLeft(absl::Duration now) const {
  absl::Duration left;
  for (const RunningBatch& batch : batches_) {
    if (batch.executor == nullptr) continue;
    const absl::Duration all = batch.executor->cost().Estimate(batch.row_count);
    left += std::max(absl::ZeroDuration(), batch.start + all - now);
  }
  return left;
}

std::vector<const Executor*> RunningBatches::StuckExecutors(absl::string_view model,
                                                            int64_t version) const {
  std::vector<const Executor*> executors;
  for (const RunningBatch& batch : batches_) {
    const bool is_its = batch.version->model() == model && batch.version->version() == version;
    if (batch.is_stuck && is_its) executors.push_back(batch.executor.get());
  }
  return executors;
}

int RunningBatches::stuck_count() const {
  return static_cast<int>(std::count_if(batches_.begin(), batches_.end(),
                                        [](const RunningBatch& batch) { return batch.is_stuck; }));
}

}  // namespace traind
