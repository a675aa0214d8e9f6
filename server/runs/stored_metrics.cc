#include "server/runs/stored_metrics.h"

#include <algorithm>

namespace traind {

bool StoredMetrics::Contains(const v1::Event& event) const {
  switch (event.payload_case()) {
    case v1::Event::kTrainStep:
      return event.train_step().step() <= train_step_;
    case v1::Event::kEpochStarted:
      return event.epoch_started().epoch() <= epoch_started_;
    case v1::Event::kEpochFinished:
      return event.epoch_finished().epoch() <= epoch_finished_;
    case v1::Event::kCheckpointWritten:
      return event.checkpoint_written().step() <= checkpoint_step_;
    default:
      return false;
  }
}

void StoredMetrics::Note(const v1::Event& event) {
  switch (event.payload_case()) {
    case v1::Event::kTrainStep:
      train_step_ = std::max<int64_t>(train_step_, event.train_step().step());
      break;
    case v1::Event::kEpochStarted:
      epoch_started_ = std::max<int64_t>(epoch_started_, event.epoch_started().epoch());
      break;
    case v1::Event::kEpochFinished:
      epoch_finished_ = std::max<int64_t>(epoch_finished_, event.epoch_finished().epoch());
      break;
    case v1::Event::kCheckpointWritten:
      checkpoint_step_ = std::max<int64_t>(checkpoint_step_, event.checkpoint_written().step());
      break;
    default:
      break;
  }
}

}  // namespace traind
