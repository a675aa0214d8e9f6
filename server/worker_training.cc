#include "server/worker_training.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/limits.h"
#include "server/base/status_macros.h"
#include "server/datasets/dataset_directory.h"
#include "server/datasets/split.h"
#include "server/store/file_checkpoint_store.h"
#include "server/store/file_trace_store.h"
#include "server/torch/train/inline_rows.h"
#include "server/torch/train/trainer.h"

namespace traind {
namespace {

// The training split, then the evaluation split.
absl::StatusOr<std::vector<Split>> ReadSplits(const worker::v1::Assignment& assignment) {
  if (!assignment.recipe().data().rows().empty()) {
    return std::vector<Split>(2, SplitOfRows(assignment.recipe()));
  }
  const DatasetDirectory datasets(assignment.datasets_directory());
  const v1::Data& data = assignment.recipe().data();
  return datasets.ReadSplits(data.dataset(), {data.train_split(), data.eval_split()},
                             data.dataset_sha256());
}

worker::v1::Finished Failed(const absl::Status& status, v1::FailureClass otherwise) {
  worker::v1::Finished finished;
  finished.set_outcome(worker::v1::OUTCOME_FAILED);
  finished.mutable_error()->set_failure_class(
      absl::IsResourceExhausted(status) ? v1::FAILURE_CLASS_RESOURCE : otherwise);
  finished.mutable_error()->set_message(std::string(status.message()));
  return finished;
}

}  // namespace

worker::v1::Finished RunAssignment(const worker::v1::Assignment& assignment,
                                   TrainingReporter& reporter, std::stop_token stop) {
  const absl::StatusOr<std::vector<Split>> splits = ReadSplits(assignment);
  if (!splits.ok()) return Failed(splits.status(), v1::FAILURE_CLASS_USER);
  const absl::StatusOr<std::unique_ptr<FileCheckpointStore>> store =
      FileCheckpointStore::Open(assignment.checkpoint_directory());
  if (!store.ok()) return Failed(store.status(), v1::FAILURE_CLASS_SYSTEM);
  FileTraceStore trace(assignment.trace_file());
  const Limits limits;
  const TrainingJob job{assignment.recipe(),
                        assignment.execution(),
                        splits->front(),
                        splits->back(),
                        &trace,
                        assignment.stop_after_epoch(),
                        {limits.checkpoint_interval_min, limits.held_checkpoint_bytes_max},
                        assignment.initial_weights_path()};
  return Train(job, reporter, **store, std::move(stop));
}

}  // namespace traind
