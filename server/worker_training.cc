#include "server/worker_training.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/base/limits.h"
#include "server/base/sha256.h"
#include "server/base/status_macros.h"
#include "server/datasets/dataset_directory.h"
#include "server/datasets/mapped_file.h"
#include "server/datasets/split.h"
#include "server/modules/module_directory.h"
#include "server/modules/module_files.h"
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

// The file of the recipe's module, if it has one. Nothing in it is looked at.
absl::StatusOr<std::string> FindModule(const worker::v1::Assignment& assignment) {
  const v1::Network& network = assignment.recipe().network();
  if (!network.has_module()) return std::string();
  const ModuleDirectory modules(assignment.modules_directory(),
                                !assignment.modules_directory().empty());
  RETURN_IF_ERROR(modules.CheckAllowed());
  ASSIGN_OR_RETURN(const v1::Module module, modules.Describe(network.module().name()));
  std::string path =
      absl::StrCat(modules.Folder(module.name()), "/", ModuleFileName(module.format()));
  ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
  const std::string sha256 = Sha256Hex(file.bytes());
  if (sha256 == network.module().sha256()) return path;
  return absl::FailedPreconditionError(absl::StrCat(
      "network.module.sha256: expected ", network.module().sha256(), ", got ", sha256, " of ", path,
      "; the module was replaced since the run began: push the old one again"));
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
  const absl::StatusOr<std::string> module_path = FindModule(assignment);
  if (!module_path.ok()) return Failed(module_path.status(), v1::FAILURE_CLASS_USER);
  FileTraceStore trace(assignment.trace_file());
  const Limits limits;
  const TrainingJob job{assignment.recipe(),
                        assignment.execution(),
                        splits->front(),
                        splits->back(),
                        &trace,
                        assignment.stop_after_epoch(),
                        {limits.checkpoint_interval_min, limits.held_checkpoint_bytes_max},
                        assignment.initial_weights_path(),
                        *module_path};
  return Train(job, reporter, **store, std::move(stop));
}

}  // namespace traind
