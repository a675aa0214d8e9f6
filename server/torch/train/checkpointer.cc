#include "server/torch/train/checkpointer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/modules/module_files.h"

namespace traind {
namespace {

double Seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

int64_t SizeOf(const std::vector<CheckpointFile>& files) {
  int64_t size_bytes = 0;
  for (const CheckpointFile& file : files) size_bytes += static_cast<int64_t>(file.bytes.size());
  return size_bytes;
}

absl::StatusOr<std::string> FileOf(std::vector<CheckpointFile>& files, absl::string_view name) {
  for (CheckpointFile& file : files) {
    if (file.name == name) return std::move(file.bytes);
  }
  return absl::DataLossError(absl::StrCat("the file ", name, " is gone"));
}

v1::Event MessageEvent(v1::Severity severity, std::string text) {
  v1::Event event;
  event.mutable_message()->set_severity(severity);
  event.mutable_message()->set_text(std::move(text));
  return event;
}

}  // namespace

Checkpointer::Checkpointer(const v1::Recipe& recipe, const v1::Execution& execution,
                           TrainingBasis basis, const CheckpointPace& pace, CheckpointStore& store,
                           TrainingReporter& reporter)
    : selection_(recipe.selection()),
      weights_file_(recipe.network().has_module() ? kTorchScriptFile : kWeightsFileName),
      epoch_count_(recipe.epoch_count()),
      policy_(execution.checkpoints()),
      allow_inexact_(execution.allow_inexact_resume()),
      basis_(std::move(basis)),
      pace_(pace),
      store_(store),
      reporter_(reporter),
      newest_time_(std::chrono::steady_clock::now()) {}

absl::StatusOr<std::optional<Checkpointer::Found>> Checkpointer::FindNewest() {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, store_.List());
  for (const std::string& name : names) {
    absl::StatusOr<Found> found = Read(name);
    if (absl::IsDataLoss(found.status())) {
      reporter_.Report(MessageEvent(
          v1::SEVERITY_WARNING, absl::StrCat("checkpoint ", name, " is damaged and passed over: ",
                                             found.status().message())));
      continue;
    }
    RETURN_IF_ERROR(found.status());
    const absl::Status same = CheckSameBasis(found->record.basis, basis_);
    if (!same.ok() && !allow_inexact_) return same;
    if (!same.ok()) {
      reporter_.Report(MessageEvent(v1::SEVERITY_WARNING, std::string(same.message())));
    }
    kept_ = found->record.kept;
    Announce(found->record, static_cast<int64_t>(found->tensors.size()), 0);
    return std::optional<Found>(*std::move(found));
  }
  return std::optional<Found>();
}

absl::StatusOr<Checkpointer::Found> Checkpointer::Read(const std::string& name) const {
  ASSIGN_OR_RETURN(std::vector<CheckpointFile> files, store_.Read(name));
  ASSIGN_OR_RETURN(const std::string text, FileOf(files, kTrainingRecordFileName));
  Found found;
  ASSIGN_OR_RETURN(found.record, ReadTrainingRecord(text));
  // All of them: what would be published must be whole too.
  for (const CheckpointManifest::File& file : found.record.files) {
    ASSIGN_OR_RETURN(std::string bytes, FileOf(files, file.name));
    RETURN_IF_ERROR(CheckFile(file, bytes));
    if (file.name == kTrainingTensorsFileName) found.tensors = std::move(bytes);
  }
  return found;
}

bool Checkpointer::IsDueInEpoch(int64_t step, TimePoint now) const {
  if (policy_.every_steps() > 0 && step % policy_.every_steps() == 0) return true;
  return policy_.every_seconds() > 0 &&
         now - newest_time_ >= std::chrono::seconds(policy_.every_seconds());
}

int64_t Checkpointer::StepsToNext(int64_t step) const {
  if (policy_.every_steps() == 0) return std::numeric_limits<int64_t>::max();
  return policy_.every_steps() - step % policy_.every_steps();
}

bool Checkpointer::IsDueAfterEpoch(const v1::EpochFinished& epoch, TimePoint now) const {
  if (epoch.epoch() == epoch_count_) return true;
  if (policy_.every_epochs() > 0 && epoch.epoch() % policy_.every_epochs() == 0) return true;
  if (now - newest_time_ < absl::ToChronoNanoseconds(pace_.interval_min)) return false;
  const double score = EpochScore(selection_, epoch);
  return policy_.every_epochs() == 0 || IsBest(score, AllWith({epoch.step(), score}));
}

bool Checkpointer::IsHeldAfterEpoch(const v1::EpochFinished& epoch) const {
  const KeptCheckpoint checkpoint{epoch.step(), EpochScore(selection_, epoch)};
  if (policy_.every_epochs() > 0) return IsBest(*checkpoint.score, AllWith(checkpoint));
  const std::vector<KeptCheckpoint> kept = KeptWith(checkpoint);
  return std::find(kept.begin(), kept.end(), checkpoint) != kept.end();
}

KeptCheckpoint Checkpointer::Described(const Draft& draft) const {
  KeptCheckpoint checkpoint{draft.record.step, std::nullopt};
  if (draft.evaluation) checkpoint.score = EpochScore(selection_, *draft.evaluation);
  return checkpoint;
}

std::vector<KeptCheckpoint> Checkpointer::AllWith(const KeptCheckpoint& checkpoint) const {
  std::vector<KeptCheckpoint> all = kept_;
  for (const Draft& draft : held_) all.push_back(Described(draft));
  all.push_back(checkpoint);
  return all;
}

std::vector<KeptCheckpoint> Checkpointer::KeptWith(const KeptCheckpoint& checkpoint) const {
  std::vector<KeptCheckpoint> all = AllWith(checkpoint);
  all.push_back({std::numeric_limits<int64_t>::max(), std::nullopt});
  return Retain(all, policy_);
}

void Checkpointer::HoldOnly(const std::vector<KeptCheckpoint>& kept) {
  std::erase_if(held_, [&](const Draft& draft) {
    return std::find(kept.begin(), kept.end(), Described(draft)) == kept.end();
  });
}

absl::Status Checkpointer::Hold(Draft draft) {
  const std::vector<KeptCheckpoint> kept = KeptWith(Described(draft));
  held_.push_back(std::move(draft));
  HoldOnly(kept);
  int64_t size_bytes = 0;
  for (const Draft& one : held_) {
    size_bytes += static_cast<int64_t>(one.tensors.size() + one.weights.size());
  }
  return size_bytes > pace_.held_bytes_max ? WriteHeld() : absl::OkStatus();
}

absl::Status Checkpointer::WriteHeld() {
  for (Draft& draft : std::exchange(held_, {})) RETURN_IF_ERROR(WriteOne(std::move(draft)));
  return absl::OkStatus();
}

absl::Status Checkpointer::Write(Draft draft) {
  // What this one replaces is not worth the time.
  HoldOnly(Retain(AllWith(Described(draft)), policy_));
  RETURN_IF_ERROR(WriteHeld());
  return WriteOne(std::move(draft));
}

absl::Status Checkpointer::WriteOne(Draft draft) {
  const TimePoint start = std::chrono::steady_clock::now();
  std::vector<CheckpointFile> files;
  if (draft.evaluation) {
    CheckpointManifest manifest;
    manifest.files.push_back(DescribeFile(weights_file_, draft.weights));
    manifest.files.push_back(DescribeFile(kSampleFileName, draft.sample));
    manifest.metrics = *draft.evaluation;
    files.push_back({weights_file_, std::move(draft.weights)});
    files.push_back({kSampleFileName, std::move(draft.sample)});
    files.push_back({kManifestFileName, WriteManifest(manifest)});
  }
  std::vector<KeptCheckpoint> kept = kept_;
  kept.push_back(Described(draft));
  kept = Retain(kept, policy_);
  TrainingRecord& record = draft.record;
  record.epoch_finished = draft.evaluation.has_value();
  record.kept = kept;
  record.basis = basis_;
  files.push_back({kTrainingTensorsFileName, std::move(draft.tensors)});
  for (const CheckpointFile& file : files) {
    record.files.push_back(DescribeFile(file.name, file.bytes));
  }
  files.push_back({kTrainingRecordFileName, WriteTrainingRecord(record)});

  RETURN_IF_ERROR(reporter_.Flush());
  RETURN_IF_ERROR(store_.Write(record.step, files));
  kept_ = std::move(kept);
  newest_time_ = std::chrono::steady_clock::now();
  Announce(record, SizeOf(files), Seconds(draft.taken + (newest_time_ - start)));
  std::vector<std::string> names;
  for (const KeptCheckpoint& one : kept_) names.push_back(CheckpointStore::Name(one.step));
  // The checkpoint is safe. One that cannot be removed now is tried again next time.
  store_.KeepOnly(names).IgnoreError();
  return absl::OkStatus();
}

void Checkpointer::Announce(const TrainingRecord& record, int64_t size_bytes,
                            double write_seconds) {
  v1::Event event;
  v1::CheckpointWritten& written = *event.mutable_checkpoint_written();
  written.set_epoch(record.epoch);
  written.set_step(record.step);
  written.set_path(CheckpointStore::Name(record.step));
  written.set_size_bytes(size_bytes);
  const std::optional<double> score = record.kept.back().score;
  written.set_best(score.has_value() && IsBest(*score, record.kept));
  written.set_write_seconds(write_seconds);
  reporter_.Report(std::move(event));
}

}  // namespace traind
