#include "client/trainctl/tensorboard_log.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "client/tensorboard/record.h"
#include "client/trainctl/run_metric.h"
#include "client/trainctl/time_text.h"

namespace traind {
namespace {

constexpr char kFileVersion[] = "brain.Event:2";

bool IsPercent(const std::string& metric) {
  return metric == "accuracy" || metric == "train_accuracy";
}

// `precision[3]` as `precision/3`, which TensorBoard shows below precision.
std::string TagOf(const std::string& metric, v1::EventKind kind) {
  return absl::StrCat(kind == v1::EVENT_KIND_TRAIN_STEP ? "step/" : "epoch/",
                      absl::StrReplaceAll(metric, {{"[", "/"}, {"]", ""}}),
                      IsPercent(metric) ? "_percent" : "");
}

void AddValues(const std::vector<std::string>& names, const v1::Event& event,
               tensorboard::Summary& summary) {
  for (const std::string& name : names) {
    const absl::StatusOr<RunMetric> metric = FindRunMetric(name);
    const std::optional<double> value =
        metric.ok() ? ValueOf(*metric, event) : std::optional<double>();
    if (!value) continue;
    tensorboard::Summary::Value& added = *summary.add_value();
    added.set_tag(TagOf(name, metric->kind));
    added.set_simple_value(static_cast<float>(*value));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<TensorboardLog>> TensorboardLog::Open(const std::string& directory,
                                                                     const v1::Run& run) {
  const std::string name =
      absl::StrCat("events.out.tfevents.", run.create_time().seconds(), ".", run.id());
  const std::string path = (std::filesystem::path(directory) / run.id() / name).string();
  absl::StatusOr<std::unique_ptr<GrowingFile>> file = GrowingFile::Open(path);
  if (!file.ok()) return file.status();
  std::unique_ptr<TensorboardLog> log(new TensorboardLog(*std::move(file)));
  tensorboard::Event version;
  version.set_wall_time(absl::ToDoubleSeconds(ToTime(run.create_time()) - absl::UnixEpoch()));
  version.set_file_version(kFileVersion);
  log->Write(version);
  if (!log->status_.ok()) return log->status_;
  return log;
}

void TensorboardLog::OnEvent(const v1::Event& event) {
  const bool step = event.has_train_step();
  if (!step && !event.has_epoch_finished()) return;
  tensorboard::Event told;
  told.set_wall_time(absl::ToDoubleSeconds(ToTime(event.time()) - absl::UnixEpoch()));
  told.set_step(step ? event.train_step().step() : event.epoch_finished().step());
  NoteStep(told.step(), step ? last_train_step_ : last_epoch_step_, told.wall_time());
  AddValues(RunMetricNames(), event, *told.mutable_summary());
  if (!step) AddValues(FurtherMetricNames(event.epoch_finished()), event, *told.mutable_summary());
  Write(told);
}

absl::Status TensorboardLog::Finish() {
  if (status_.ok()) status_ = file_->Finish();
  return status_;
}

void TensorboardLog::Write(const tensorboard::Event& event) {
  if (status_.ok()) status_ = file_->Append(TfRecord(event.SerializeAsString()));
}

void TensorboardLog::NoteStep(int64_t step, int64_t& last_step, double wall_time) {
  if (step <= last_step) {
    tensorboard::Event restart;
    restart.set_wall_time(wall_time);
    restart.set_step(step);
    restart.mutable_session_log()->set_status(tensorboard::SessionLog::START);
    Write(restart);
    last_train_step_ = std::min(last_train_step_, step);
    last_epoch_step_ = std::min(last_epoch_step_, step - 1);
  }
  last_step = step;
}

}  // namespace traind
