#ifndef TRAIND_TESTS_TORCH_TRAINING_FAKES_H_
#define TRAIND_TESTS_TORCH_TRAINING_FAKES_H_

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "server/runs/checkpoint_store.h"
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
  absl::Status Flush() override {
    flushed_count = events.size();
    return flush_status;
  }

  // Events of one kind, in order.
  std::vector<v1::Event> Of(v1::Event::PayloadCase kind) const {
    std::vector<v1::Event> found;
    for (const v1::Event& event : events) {
      if (event.payload_case() == kind) found.push_back(event);
    }
    return found;
  }

  std::vector<v1::Event> events;
  size_t flushed_count = 0;  // events at the newest Flush
  absl::Status flush_status;
  v1::Progress newest_progress;
  std::function<void(const v1::Event&)> on_event;
};

// Keeps checkpoints in memory, or fails as told.
class MemoryStore : public CheckpointStore {
 public:
  using Files = std::map<std::string, std::string>;

  absl::Status Write(int64_t step, absl::Span<const CheckpointFile> files) override {
    if (!failure.ok()) return failure;
    Files& checkpoint = kept[Name(step)] = {};
    for (const CheckpointFile& file : files) checkpoint[file.name] = file.bytes;
    written.push_back({step, checkpoint});
    return absl::OkStatus();
  }
  absl::Status KeepOnly(absl::Span<const std::string> names) override {
    for (auto it = kept.begin(); it != kept.end();) {
      const bool keep = std::find(names.begin(), names.end(), it->first) != names.end();
      it = keep ? std::next(it) : kept.erase(it);
    }
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<std::string>> List() const override {
    std::vector<std::string> names;
    for (auto it = kept.rbegin(); it != kept.rend(); ++it) names.push_back(it->first);
    return names;
  }
  absl::StatusOr<std::vector<CheckpointFile>> Read(absl::string_view name) const override {
    std::vector<CheckpointFile> files;
    for (const auto& [file, bytes] : kept.at(std::string(name))) files.push_back({file, bytes});
    return files;
  }

  // The bytes of a file of the newest checkpoint that has it; empty when none has.
  std::string NewestFile(const std::string& name) const {
    for (auto it = written.rbegin(); it != written.rend(); ++it) {
      if (it->files.count(name) > 0) return it->files.at(name);
    }
    return "";
  }

  struct Written {
    int64_t step;
    Files files;
  };
  std::map<std::string, Files> kept;
  std::vector<Written> written;  // in order, with those that were forgotten
  absl::Status failure;
};

}  // namespace traind

#endif  // TRAIND_TESTS_TORCH_TRAINING_FAKES_H_
