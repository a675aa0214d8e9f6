#ifndef TRAIND_TESTS_CRASH_SCRIPTED_TRAINING_H_
#define TRAIND_TESTS_CRASH_SCRIPTED_TRAINING_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/runs/attempt_handler.h"
#include "server/runs/training_reporter.h"
#include "server/store/file_checkpoint_store.h"
#include "server/store/file_trace_store.h"
#include "server/torch/train/checkpointer.h"
#include "tests/crash/told_facts.h"

namespace traind {

// A worker without a process and without tensors: it reports and writes what a training
// does, through the real Checkpointer and FileCheckpointStore, and goes on from the
// newest checkpoint. Every figure and byte follows from the step. Not thread-safe.
class ScriptedTraining : public TrainingReporter {
 public:
  static constexpr int kEpochs = 3;
  static constexpr int kStepsPerEpoch = 4;
  static constexpr int kSteps = kEpochs * kStepsPerEpoch;

  // The weights after a step.
  static std::string Weights(int64_t step);
  // The row of a step in the run's trace.
  static v1::TraceRow TraceRow(int64_t step);

  // `server` and `told` must outlive it.
  ScriptedTraining(AttemptHandler& server, AttemptKey attempt, ToldFacts& told);

  // Says hello and finds where to go on.
  absl::Status Begin();
  // Does the steps up to this one, from 1, with checkpoints where they are due.
  absl::Status RunTo(int64_t step);
  // Writes a checkpoint within an epoch, as a worker does that is asked to stop.
  absl::Status SaveForLater();
  // Reports the end: `status` says how the training went.
  absl::Status Finish(const absl::Status& status, worker::v1::Outcome outcome);

  void Report(v1::Event event) override;
  void ReportProgress(const v1::Progress& progress) override {}
  absl::Status Flush() override;

 private:
  absl::Status RunStep();
  absl::Status FinishEpoch();
  absl::Status WriteCheckpoint(const v1::EpochFinished* evaluation);
  int epoch() const { return static_cast<int>((step_ - 1) / kStepsPerEpoch) + 1; }
  int64_t step_in_epoch() const { return (step_ - 1) % kStepsPerEpoch + 1; }

  AttemptHandler& server_;
  const AttemptKey attempt_;
  ToldFacts& told_;
  worker::v1::Assignment assignment_;
  std::unique_ptr<FileCheckpointStore> store_;
  std::unique_ptr<FileTraceStore> trace_;
  std::optional<Checkpointer> checkpointer_;
  std::vector<v1::Event> events_;
  int64_t step_ = 0;
};

}  // namespace traind

#endif  // TRAIND_TESTS_CRASH_SCRIPTED_TRAINING_H_
