#ifndef TRAIND_TESTS_TORCH_TRAINING_FAKES_H_
#define TRAIND_TESTS_TORCH_TRAINING_FAKES_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/runs/checkpoint_sink.h"
#include "server/runs/training_reporter.h"

namespace traind {

// Keeps what a training reports; may act on every event.
class RecordingReporter : public TrainingReporter {
 public:
  void Report(v1::Event event) override {
    events.push_back(event);
    if (on_event) on_event(event);
  }
  void ReportProgress(const v1::Progress& progress) override { newest_progress = progress; }

  // Events of one kind, in order.
  std::vector<v1::Event> Of(v1::Event::PayloadCase kind) const {
    std::vector<v1::Event> found;
    for (const v1::Event& event : events) {
      if (event.payload_case() == kind) found.push_back(event);
    }
    return found;
  }

  std::vector<v1::Event> events;
  v1::Progress newest_progress;
  std::function<void(const v1::Event&)> on_event;
};

// Keeps checkpoints in memory, or fails as told.
class MemorySink : public CheckpointSink {
 public:
  absl::StatusOr<std::string> Write(const Checkpoint& checkpoint) override {
    if (!failure.ok()) return failure;
    checkpoints.push_back(checkpoint);
    return absl::StrCat("epoch-", checkpoint.epoch);
  }

  // The bytes of a file of the newest checkpoint; empty when there is none.
  std::string NewestFile(const std::string& name) const {
    if (checkpoints.empty()) return "";
    for (const CheckpointFile& file : checkpoints.back().files) {
      if (file.name == name) return file.bytes;
    }
    return "";
  }

  std::vector<Checkpoint> checkpoints;
  absl::Status failure;
};

}  // namespace traind

#endif  // TRAIND_TESTS_TORCH_TRAINING_FAKES_H_
