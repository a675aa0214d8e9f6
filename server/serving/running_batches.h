#ifndef TRAIND_SERVER_SERVING_RUNNING_BATCHES_H_
#define TRAIND_SERVER_SERVING_RUNNING_BATCHES_H_

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/serving/executor.h"
#include "server/serving/predict_observer.h"
#include "server/serving/predict_queue.h"

namespace traind {

// Calls that are being computed together.
struct RunningBatch {
  // One that was answered before the batch was done has no `done` any more.
  std::vector<PendingPredict> calls;
  std::shared_ptr<const v1::ModelVersion> version;
  std::shared_ptr<Executor> executor;
  int64_t row_count = 0;
  absl::Duration start;  // on the monotonic clock
  bool is_stuck = false;
  // Set once the inputs were copied. Until then they are read, so nobody is answered:
  // an answer may free them.
  std::atomic<bool> inputs_copied = false;
};

// The batches that executor threads work on, so that those who wait for one that never
// ends can be told. Not thread-safe, but for RunningBatch::inputs_copied.
class RunningBatches {
 public:
  // `calls` are for one executor, at least one. What is returned stays at its place
  // until Remove.
  RunningBatch& Add(std::vector<PendingPredict> calls, absl::Duration now);

  // Returns the calls; those that were answered meanwhile keep their row_count.
  std::vector<PendingPredict> Remove(const RunningBatch& batch);

  // A call that was given up, and how long it had waited before it ran.
  struct Expired {
    PendingPredict call;
    absl::Duration queue_time;
  };
  // Those whose deadline has passed; they are no more answered when the batch is done.
  std::vector<Expired> TakeExpired(absl::Duration now);

  // Batches that have run for at least `timeout`, each told once.
  std::vector<StuckExecution> FindStuck(absl::Duration now, absl::Duration timeout);
  // How many of them still run.
  int stuck_count() const;
  // What those of a version run on; only to be compared.
  std::vector<const Executor*> StuckExecutors(absl::string_view model, int64_t version) const;

  int count() const { return static_cast<int>(batches_.size()); }
  // What they will still take, together, by what is known of their executors.
  absl::Duration ExpectedLeft(absl::Duration now) const;

 private:
  std::list<RunningBatch> batches_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_RUNNING_BATCHES_H_
