#include "server/serving/predict_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

// Whether a call, the first of its batch, is answered in time when it runs with so many
// rows; one that is late anyway is no reason to hurry.
bool IsInTime(const PendingPredict& first, int64_t row_count, absl::Duration now) {
  if (first.executor == nullptr) return true;
  const absl::Duration left = first.call.deadline - now;
  return first.executor->cost().Estimate(row_count) <= left ||
         first.executor->cost().Estimate(first.row_count) > left;
}

}  // namespace

bool PredictQueue::HasRoom(const PendingPredict& pending) const {
  return size() < limits_.predict_queue_max &&
         byte_count_ + pending.byte_count() <= limits_.predict_queue_bytes_max;
}

PredictQueue::Pending::iterator PredictQueue::Move(Pending::iterator entry,
                                                   std::vector<PendingPredict>& to) {
  byte_count_ -= entry->second.byte_count();
  cost_ -= entry->second.expected_cost;
  to.push_back(std::move(entry->second));
  return pending_.erase(entry);
}

PredictQueue::Key PredictQueue::KeyOf(const PredictCall& call) {
  constexpr uint64_t kUsual = 100;
  return {call.priority == 0 ? kUsual : call.priority, call.deadline};
}

absl::Duration PredictQueue::CostBefore(const Key& key) const {
  // Most come last.
  if (pending_.empty() || pending_.rbegin()->first <= key) return cost_;
  absl::Duration cost;
  for (auto entry = pending_.begin(); entry->first <= key; ++entry) {
    cost += entry->second.expected_cost;
  }
  return cost;
}

absl::Status PredictQueue::CheckTime(const PendingPredict& pending, absl::Duration now,
                                     const ExecutorLoad& load) const {
  if (pending_.empty() && load.running_count < load.thread_count) return absl::OkStatus();
  const absl::Duration wait =
      pace_.Cautious((load.expected_left + CostBefore(KeyOf(pending.call))) / load.thread_count);
  // It is answered with its whole batch, which others will fill.
  absl::Duration own = pending.expected_cost;
  if (pending.executor != nullptr) {
    own = std::max(own, std::min(own + cost_, pending.executor->cost().OfBestSize()));
  }
  const absl::Duration left = pending.call.deadline - now;
  // One that is late already will be told so.
  if (left <= absl::ZeroDuration() || wait + own <= left) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("overloaded: ", size(), " requests wait, an answer is expected after ",
                   absl::FormatDuration(wait + own), " but the deadline is in ",
                   absl::FormatDuration(left), "; retry later, or allow more time"));
}

absl::Status PredictQueue::Add(PendingPredict& pending, absl::Duration now,
                               const ExecutorLoad& load, std::vector<PendingPredict>& dropped) {
  if (!HasRoom(pending)) {
    for (auto entry = pending_.begin(); entry != pending_.end();) {
      entry = entry->second.is_cancelled() ? Move(entry, dropped) : std::next(entry);
    }
  }
  if (!HasRoom(pending)) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "the predict queue is full: ", size(), " requests with ", byte_count_,
        " bytes wait (at most ", limits_.predict_queue_max, ", predict_queue_max, with ",
        limits_.predict_queue_bytes_max, ", predict_queue_bytes_max); retry later"));
  }
  if (pending.executor != nullptr) {
    pending.expected_cost =
        pending.executor->cost().PerRow() * static_cast<double>(pending.row_count);
  }
  RETURN_IF_ERROR(CheckTime(pending, now, load));
  byte_count_ += pending.byte_count();
  cost_ += pending.expected_cost;
  const Key key = KeyOf(pending.call);
  pending_.emplace(key, std::move(pending));
  return absl::OkStatus();
}

std::vector<PendingPredict> PredictQueue::Take(absl::Duration now,
                                               std::vector<PendingPredict>& dropped) {
  std::vector<PendingPredict> batch;
  int64_t row_count = 0;
  int64_t row_count_max = limits_.predict_batch_rows_max;
  auto entry = pending_.begin();
  while (entry != pending_.end() && row_count < row_count_max) {
    const PendingPredict& pending = entry->second;
    if (pending.call.deadline <= now || pending.is_cancelled()) {
      entry = Move(entry, dropped);
      continue;
    }
    const bool fits =
        batch.empty() || (pending.executor == batch.front().executor &&
                          row_count + pending.row_count <= row_count_max &&
                          IsInTime(batch.front(), row_count + pending.row_count, now));
    if (!fits) {
      ++entry;
      continue;
    }
    row_count += pending.row_count;
    entry = Move(entry, batch);
    if (batch.size() == 1 && batch.front().executor != nullptr) {
      row_count_max = batch.front().executor->cost().BestRows(row_count_max);
    }
  }
  return batch;
}

void PredictQueue::Drop(absl::Duration now, std::vector<PendingPredict>& dropped) {
  for (auto entry = pending_.begin(); entry != pending_.end();) {
    const bool given_up = entry->second.call.deadline <= now || entry->second.is_cancelled();
    entry = given_up ? Move(entry, dropped) : std::next(entry);
  }
}

void PredictQueue::Learn(const std::vector<PendingPredict>& batch, absl::Duration start,
                         absl::Duration taken) {
  absl::Duration expected;
  for (const PendingPredict& pending : batch) expected += pending.expected_cost;
  pace_.Learn(expected, taken, start - batch.front().arrival);
}

std::vector<PendingPredict> PredictQueue::TakeAll() {
  std::vector<PendingPredict> all;
  for (auto entry = pending_.begin(); entry != pending_.end();) entry = Move(entry, all);
  return all;
}

}  // namespace traind
