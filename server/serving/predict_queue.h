#ifndef TRAIND_SERVER_SERVING_PREDICT_QUEUE_H_
#define TRAIND_SERVER_SERVING_PREDICT_QUEUE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/base/limits.h"
#include "server/serving/executor.h"
#include "server/serving/overload_pace.h"
#include "server/serving/predict_call.h"

namespace traind {

// A checked call that waits for a thread.
struct PendingPredict {
  PredictCall call;
  std::shared_ptr<const v1::ModelVersion> version;
  std::shared_ptr<Executor> executor;
  int64_t row_count = 0;
  absl::Duration arrival;  // on the monotonic clock
  PredictDone done;
  // Of its rows alone, set by the queue.
  absl::Duration expected_cost;

  int64_t byte_count() const { return static_cast<int64_t>(call.inputs[0].bytes.size()); }
  bool is_cancelled() const { return call.is_cancelled && call.is_cancelled(); }
};

// How busy the executor threads are.
struct ExecutorLoad {
  int thread_count = 1;
  int running_count = 0;         // executions under way
  absl::Duration expected_left;  // what they will still take, together
};

// Calls that wait, by priority and within one the earliest deadline first, and how they
// are put together into batches: whoever comes first goes, and takes along what waits for
// the same executor, as long as the rows fit, a row gets cheaper by it, and the first can
// still be answered in time. Nothing waits for company. Not thread-safe.
class PredictQueue {
 public:
  explicit PredictQueue(const Limits& limits) : limits_(limits) {}

  // Puts the call into the queue. RESOURCE_EXHAUSTED names the limit, or says that the
  // call cannot be answered in time after what is before it, and leaves `pending` as it
  // is. A full queue first gives up calls that nobody waits for, which are appended to
  // `dropped`. With an idle thread no call is too late.
  absl::Status Add(PendingPredict& pending, absl::Duration now, const ExecutorLoad& load,
                   std::vector<PendingPredict>& dropped);

  // The next batch, in their order; empty when nothing is left. What is expired
  // or cancelled is appended to `dropped` and runs no more. A call with more rows than
  // a batch may have runs alone.
  std::vector<PendingPredict> Take(absl::Duration now, std::vector<PendingPredict>& dropped);

  // Appends what is expired or cancelled to `dropped`, and keeps the rest.
  void Drop(absl::Duration now, std::vector<PendingPredict>& dropped);

  // A batch that was taken, one call or more, began at `start` and took so long: what
  // waits is judged by it.
  void Learn(const std::vector<PendingPredict>& batch, absl::Duration start, absl::Duration taken);

  // Empties the queue.
  std::vector<PendingPredict> TakeAll();

  bool empty() const { return pending_.empty(); }
  int size() const { return static_cast<int>(pending_.size()); }
  int64_t byte_count() const { return byte_count_; }

 private:
  // Priority and deadline; of one key in order of arrival.
  using Key = std::pair<uint64_t, absl::Duration>;
  using Pending = std::multimap<Key, PendingPredict>;

  static Key KeyOf(const PredictCall& call);

  bool HasRoom(const PendingPredict& pending) const;
  // OK when it will be answered in time by what is known.
  absl::Status CheckTime(const PendingPredict& pending, absl::Duration now,
                         const ExecutorLoad& load) const;
  // What the calls that go before one of this key will take.
  absl::Duration CostBefore(const Key& key) const;
  // Removes an entry into `to`; returns the next one.
  Pending::iterator Move(Pending::iterator entry, std::vector<PendingPredict>& to);

  const Limits limits_;
  Pending pending_;
  int64_t byte_count_ = 0;
  absl::Duration cost_;  // of all
  OverloadPace pace_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_PREDICT_QUEUE_H_
