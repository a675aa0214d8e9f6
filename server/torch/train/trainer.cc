#include "server/torch/train/trainer.h"

#include <malloc.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "server/base/status_macros.h"
#include "server/torch/checkpoint/training_record.h"
#include "server/torch/cuda/device_graph.h"
#include "server/torch/device.h"
#include "server/torch/device_stream.h"
#include "server/torch/torch_headers.h"
#include "server/torch/torch_status.h"
#include "server/torch/train/step_choice.h"
#include "server/torch/train/training.h"

namespace traind {
namespace {

// Keeps freed memory for the next step instead of giving it back to the system:
// steps allocate the same sizes again and again, and each page that is taken anew
// costs a fault. By the allocator's defaults these cost about a quarter of a step.
void KeepFreedMemory() {
  constexpr int kMegabyte = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, 32 * kMegabyte);  // the most that it accepts
  mallopt(M_TRIM_THRESHOLD, 1024 * kMegabyte);
  mallopt(M_TOP_PAD, 64 * kMegabyte);
}

// Makes the device compute alike at every run, with the precision that the
// execution names. Settings of the whole process; trainings that share it agree on them.
void ConfigureLibrary(const v1::Execution& execution) {
  static absl::Mutex mutex(absl::kConstInit);
  absl::MutexLock lock(&mutex);
  KeepFreedMemory();
  at::set_num_threads(ResolveThreadCount(execution.thread_count()));
  at::Context& context = at::globalContext();
  context.setDeterministicCuDNN(true);
  context.setBenchmarkCuDNN(false);
  context.setAllowTF32CuDNN(false);
  context.setAllowTF32CuBLAS(false);
}

// The record of the newest checkpoint that can be read.
std::optional<TrainingRecord> NewestRecord(const CheckpointStore& store) {
  const absl::StatusOr<std::vector<std::string>> names = store.List();
  if (!names.ok()) return std::nullopt;
  for (const std::string& name : *names) {
    const absl::StatusOr<std::vector<CheckpointFile>> files = store.Read(name);
    if (!files.ok()) continue;
    for (const CheckpointFile& file : *files) {
      if (file.name != kTrainingRecordFileName) continue;
      absl::StatusOr<TrainingRecord> record = ReadTrainingRecord(file.bytes);
      if (record.ok()) return *std::move(record);
    }
  }
  return std::nullopt;
}

// Where the execution leaves open how steps are computed, a training goes on the way it
// began, though another one may be the fastest by now.
v1::Execution GoingOn(v1::Execution execution, at::Device device, const CheckpointStore& store) {
  if (!execution.step().empty() && execution.step() != "auto") return execution;
  const std::optional<TrainingRecord> record = NewestRecord(store);
  if (record && record->basis.device == DeviceKind(device)) execution.set_step(record->basis.step);
  return execution;
}

v1::FailureClass ClassOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
      return v1::FAILURE_CLASS_USER;
    case absl::StatusCode::kResourceExhausted:
      return v1::FAILURE_CLASS_RESOURCE;
    default:
      return v1::FAILURE_CLASS_SYSTEM;
  }
}

worker::v1::Finished ToFinished(const absl::StatusOr<worker::v1::Outcome>& outcome,
                                const Training* training) {
  worker::v1::Finished finished;
  finished.set_outcome(outcome.ok() ? *outcome : worker::v1::OUTCOME_FAILED);
  if (finished.outcome() == worker::v1::OUTCOME_SUCCEEDED) {
    finished.set_reason(training->end_reason());
  }
  if (outcome.ok()) return finished;
  const int64_t step = training == nullptr ? 0 : training->step();
  v1::RunError& error = *finished.mutable_error();
  error.set_failure_class(ClassOf(outcome.status().code()));
  error.set_message(std::string(outcome.status().message()));
  if (step > 0) error.set_step(step);
  return finished;
}

}  // namespace

worker::v1::Finished Train(const TrainingJob& job, TrainingReporter& reporter,
                           CheckpointStore& store, std::stop_token stop) {
  std::unique_ptr<Training> training;
  const auto outcome = CatchTorch([&]() -> absl::StatusOr<worker::v1::Outcome> {
    ASSIGN_OR_RETURN(const std::string device, ResolveDevice(job.execution.device()));
    ConfigureLibrary(job.execution);
    const DeviceStream stream{at::Device(device)};
    const v1::Execution execution = GoingOn(job.execution, at::Device(device), store);
    ASSIGN_OR_RETURN(const StepChoice choice,
                     ChooseStep(job.recipe, execution, at::Device(device)));
    ASSIGN_OR_RETURN(training, Training::Create(job, at::Device(device), choice, reporter, store));
    return training->Run(stop);
  });
  if (!outcome.ok() && training != nullptr) training->KeepWhatIsHeld();
  return ToFinished(outcome, training.get());
}

}  // namespace traind
