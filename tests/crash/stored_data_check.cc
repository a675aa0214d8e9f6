#include "tests/crash/stored_data_check.h"

#include <filesystem>
#include <limits>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/torch/checkpoint/manifest.h"
#include "server/torch/checkpoint/training_record.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> FoldersIn(const fs::path& path) {
  std::vector<fs::path> folders;
  if (!fs::exists(path)) return folders;
  for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  return folders;
}

std::string CheckListedFiles(const std::vector<CheckpointManifest::File>& files,
                             const fs::path& folder) {
  for (const CheckpointManifest::File& file : files) {
    const fs::path path = folder / file.name;
    if (!fs::exists(path)) return absl::StrCat(path.string(), " is gone");
    const absl::Status status = CheckFile(file, ReadFile(path.string()));
    if (!status.ok()) return absl::StrCat(path.string(), ": ", std::string(status.message()));
  }
  return "";
}

// Empty when it is whole, or absent and need not be there.
std::string CheckManifest(const fs::path& folder, bool must_be_there) {
  const fs::path path = folder / kManifestFileName;
  if (!fs::exists(path)) return must_be_there ? absl::StrCat(path.string(), " is gone") : "";
  const absl::StatusOr<CheckpointManifest> manifest = ReadManifest(ReadFile(path.string()));
  if (!manifest.ok()) return absl::StrCat(path.string(), ": ", manifest.status().ToString());
  return CheckListedFiles(manifest->files, folder);
}

std::string CheckRecord(const fs::path& folder) {
  const fs::path path = folder / kTrainingRecordFileName;
  if (!fs::exists(path)) return absl::StrCat(path.string(), " is gone");
  const absl::StatusOr<TrainingRecord> record = ReadTrainingRecord(ReadFile(path.string()));
  if (!record.ok()) return absl::StrCat(path.string(), ": ", record.status().ToString());
  return CheckListedFiles(record->files, folder);
}

void AddIfAny(std::string finding, std::vector<std::string>& findings) {
  if (!finding.empty()) findings.push_back(std::move(finding));
}

// What an event says that no other one of its run may say again.
std::string Unique(const v1::Event& event) {
  if (event.has_train_step()) return absl::StrCat("step ", event.train_step().step());
  if (event.has_epoch_started())
    return absl::StrCat("begin of epoch ", event.epoch_started().epoch());
  if (event.has_epoch_finished())
    return absl::StrCat("end of epoch ", event.epoch_finished().epoch());
  if (event.has_model_published()) return "publication";
  return "";
}

void CheckEventsOf(const v1::Run& run, const RunStore& store, std::vector<std::string>& findings) {
  const absl::StatusOr<std::vector<v1::Event>> events =
      store.ReadEvents(run.id(), 0, std::numeric_limits<int>::max());
  if (!events.ok()) return findings.push_back(events.status().ToString());
  int64_t sequence = 0;
  std::set<std::string> seen;
  for (const v1::Event& event : *events) {
    if (event.sequence() != ++sequence) {
      findings.push_back(
          absl::StrCat(run.id(), ": event ", event.sequence(), " where ", sequence, " should be"));
    }
    const std::string unique = Unique(event);
    if (!unique.empty() && !seen.insert(unique).second) {
      findings.push_back(absl::StrCat(run.id(), ": ", unique, " twice"));
    }
  }
  if (run.last_sequence() != sequence) {
    findings.push_back(absl::StrCat(run.id(), ": last_sequence ", run.last_sequence(), " but ",
                                    sequence, " events"));
  }
}

}  // namespace

std::vector<std::string> CheckEvents(const RunStore& store) {
  std::vector<std::string> findings;
  const absl::StatusOr<std::vector<v1::Run>> runs = store.List(1000, "", {});
  if (!runs.ok()) return {runs.status().ToString()};
  for (const v1::Run& run : *runs) CheckEventsOf(run, store, findings);
  return findings;
}

std::vector<std::string> CheckCheckpoints(const std::string& runs_directory) {
  std::vector<std::string> findings;
  for (const fs::path& run : FoldersIn(runs_directory)) {
    for (const fs::path& checkpoint : FoldersIn(run / "checkpoints")) {
      if (!absl::StartsWith(checkpoint.filename().string(), "step-")) continue;
      AddIfAny(CheckRecord(checkpoint), findings);
      AddIfAny(CheckManifest(checkpoint, false), findings);
    }
  }
  return findings;
}

std::vector<std::string> CheckModels(const ModelStore& models) {
  std::vector<std::string> findings;
  for (const v1::Model& model : models.List()) {
    for (const v1::ModelVersion& version : model.versions()) {
      AddIfAny(CheckManifest(models.Directory(model.name(), version.version()), true), findings);
    }
  }
  return findings;
}

std::vector<std::string> FindHidden(const std::string& directory) {
  std::vector<std::string> found;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (absl::StartsWith(name, ".") || absl::EndsWith(name, ".new")) {
      found.push_back(absl::StrCat(entry.path().string(), " was left behind"));
    }
  }
  return found;
}

int64_t NewestCheckpointStep(const std::string& runs_directory, const std::string& run_id) {
  int64_t newest = 0;
  for (const fs::path& folder : FoldersIn(fs::path(runs_directory) / run_id / "checkpoints")) {
    const std::string name = folder.filename().string();
    int64_t step = 0;
    if (absl::StartsWith(name, "step-") && absl::SimpleAtoi(name.substr(5), &step)) {
      newest = std::max(newest, step);
    }
  }
  return newest;
}

}  // namespace traind
