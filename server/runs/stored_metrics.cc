#include "server/runs/stored_metrics.h"

#include <algorithm>
#include <optional>
#include <string>

#include "server/runs/fingerprint.h"

namespace traind {
namespace {

// The step or epoch by which a kind of event is counted; none for others.
std::optional<int64_t> Position(const v1::Event& event) {
  switch (event.payload_case()) {
    case v1::Event::kTrainStep:
      return event.train_step().step();
    case v1::Event::kEpochStarted:
      return event.epoch_started().epoch();
    case v1::Event::kEpochFinished:
      return event.epoch_finished().epoch();
    case v1::Event::kCheckpointWritten:
      return event.checkpoint_written().step();
    default:
      return std::nullopt;
  }
}

// Of what must be alike: figures without times. A checkpoint says where it lies,
// which decides no figure.
uint64_t MetricsDigest(const v1::Event& event) {
  v1::Event figures;
  if (event.has_train_step()) *figures.mutable_train_step() = event.train_step();
  if (event.has_epoch_started()) *figures.mutable_epoch_started() = event.epoch_started();
  if (event.has_epoch_finished()) {
    v1::EpochFinished& epoch = *figures.mutable_epoch_finished();
    epoch = event.epoch_finished();
    epoch.clear_train_seconds();
    epoch.clear_eval_seconds();
    epoch.clear_data_wait_seconds();
  }
  return Fingerprint(figures.SerializeAsString());
}

}  // namespace

bool StoredMetrics::Reaches(const Key& key) const {
  const auto reach = reach_.find(key.first);
  return reach != reach_.end() && key.second <= reach->second;
}

StoredMetrics::Match StoredMetrics::Compare(const v1::Event& event) const {
  const std::optional<int64_t> position = Position(event);
  if (!position) return Match::kNew;
  const Key key(event.payload_case(), *position);
  if (!Reaches(key)) return Match::kNew;
  const auto digest = digests_.find(key);
  if (digest == digests_.end() || digest->second == MetricsDigest(event)) return Match::kRepeat;
  return Match::kDiffers;
}

void StoredMetrics::NoteRun(const v1::Run& run) {
  const auto reach = [this](v1::Event::PayloadCase kind, int64_t position) {
    if (position > 0) reach_[kind] = std::max(reach_[kind], position);
  };
  reach(v1::Event::kEpochStarted, run.epochs_finished());
  reach(v1::Event::kEpochFinished, run.epochs_finished());
  reach(v1::Event::kCheckpointWritten, run.newest_checkpoint().step());
}

void StoredMetrics::Note(const v1::Event& event) {
  const std::optional<int64_t> position = Position(event);
  if (!position) return;
  const Key key(event.payload_case(), *position);
  int64_t& reach = reach_[key.first];
  reach = std::max(reach, key.second);
  if (event.has_train_step()) {
    int64_t& epoch_reach = reach_[v1::Event::kEpochStarted];
    epoch_reach = std::max<int64_t>(epoch_reach, event.train_step().epoch());
  }
  if (!digests_.emplace(key, MetricsDigest(event)).second) return;
  order_.push_back(key);
  if (order_.size() > compared_max_) {
    digests_.erase(order_.front());
    order_.pop_front();
  }
}

}  // namespace traind
