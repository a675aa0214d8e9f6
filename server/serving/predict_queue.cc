#include "server/serving/predict_queue.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

namespace traind {

bool PredictQueue::HasRoom(const PendingPredict& pending) const {
  return size() < limits_.predict_queue_max &&
         byte_count_ + pending.byte_count() <= limits_.predict_queue_bytes_max;
}

PredictQueue::Pending::iterator PredictQueue::Move(Pending::iterator entry,
                                                   std::vector<PendingPredict>& to) {
  byte_count_ -= entry->second.byte_count();
  to.push_back(std::move(entry->second));
  return pending_.erase(entry);
}

absl::Status PredictQueue::Add(PendingPredict& pending, std::vector<PendingPredict>& dropped) {
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
  byte_count_ += pending.byte_count();
  const absl::Duration deadline = pending.call.deadline;
  pending_.emplace(deadline, std::move(pending));
  return absl::OkStatus();
}

std::vector<PendingPredict> PredictQueue::Take(absl::Duration now,
                                               std::vector<PendingPredict>& dropped) {
  std::vector<PendingPredict> batch;
  int64_t row_count = 0;
  auto entry = pending_.begin();
  while (entry != pending_.end() && row_count < limits_.predict_batch_rows_max) {
    const PendingPredict& pending = entry->second;
    if (pending.call.deadline <= now || pending.is_cancelled()) {
      entry = Move(entry, dropped);
      continue;
    }
    const bool fits =
        batch.empty() || (pending.executor == batch.front().executor &&
                          row_count + pending.row_count <= limits_.predict_batch_rows_max);
    if (!fits) {
      ++entry;
      continue;
    }
    row_count += pending.row_count;
    entry = Move(entry, batch);
  }
  return batch;
}

void PredictQueue::Drop(absl::Duration now, std::vector<PendingPredict>& dropped) {
  for (auto entry = pending_.begin(); entry != pending_.end();) {
    const bool given_up = entry->second.call.deadline <= now || entry->second.is_cancelled();
    entry = given_up ? Move(entry, dropped) : std::next(entry);
  }
}

std::vector<PendingPredict> PredictQueue::TakeAll() {
  std::vector<PendingPredict> all;
  for (auto entry = pending_.begin(); entry != pending_.end();) entry = Move(entry, all);
  return all;
}

}  // namespace traind
