#include "server/runs/run_retention.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace traind {
namespace {

constexpr absl::Duration kLookInterval = absl::Seconds(30);
// While runs are being deleted for their size.
constexpr absl::Duration kShortLookInterval = absl::Seconds(2);
constexpr int kReclaimPiecesPerTick = 8;

}  // namespace

std::vector<std::string> RunsToDelete(const RetentionSnapshot& snapshot,
                                      const RetentionLimits& limits) {
  const size_t count = snapshot.ended_runs.size();
  const auto max = static_cast<size_t>(limits.ended_runs_max);
  size_t surplus = limits.ended_runs_max > 0 && count > max ? count - max : 0;
  const bool too_large = limits.data_bytes_max > 0 && snapshot.data_bytes > limits.data_bytes_max;
  if (too_large && surplus == 0) surplus = std::min<size_t>(1, count);
  return {snapshot.ended_runs.begin(),
          snapshot.ended_runs.begin() + static_cast<std::ptrdiff_t>(surplus)};
}

void RunRetention::Tick() {
  ReclaimSome();
  if (clock_.Monotonic() < next_look_) return;
  next_look_ = clock_.Monotonic() + kLookInterval;
  ApplyLimits();
}

void RunRetention::ReclaimSome() {
  for (int piece = 0; piece < kReclaimPiecesPerTick; ++piece) {
    const absl::StatusOr<bool> more = store_.Reclaim();
    // A disk that is too full even for this is tried again.
    if (!more.ok() || !*more) return;
  }
}

void RunRetention::ApplyLimits() {
  RetentionSnapshot snapshot;
  absl::StatusOr<std::vector<std::string>> ended = store_.ListEnded();
  if (!ended.ok()) return;
  snapshot.ended_runs = *std::move(ended);
  files_bytes_ = files_.SizeBytes();
  snapshot.data_bytes = store_.SizeBytes() + files_bytes_;
  const bool too_large = limits_.data_bytes_max > 0 && snapshot.data_bytes > limits_.data_bytes_max;
  const std::vector<std::string> surplus = RunsToDelete(snapshot, limits_);
  for (const std::string& run_id : surplus) {
    // One whose worker is still ending is tried again.
    runs_.Delete(run_id).IgnoreError();
  }
  if (too_large) next_look_ = clock_.Monotonic() + kShortLookInterval;
  runs_.RefuseNewRuns(
      too_large && surplus.empty()
          ? absl::StrCat("runs occupy ", snapshot.data_bytes, " bytes, more than the ",
                         limits_.data_bytes_max,
                         " of --data-limit, and none has ended: raise it or cancel some")
          : "");
}

}  // namespace traind
