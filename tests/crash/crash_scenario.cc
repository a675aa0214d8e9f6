#include "tests/crash/crash_scenario.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/runs/run_state.h"
#include "server/store/durable_files.h"
#include "server/store/trace_reader.h"
#include "tests/crash/scripted_training.h"
#include "tests/crash/stored_data_check.h"

namespace traind {
namespace {

constexpr char kRecipe[] = R"(
  name: "tiny"
  data { dataset: "tiny" train_split: "train" eval_split: "test" }
  network {
    input { channels: 1 height: 8 width: 8 }
    layers { flatten {} }
    layers { linear { out_features: 10 } }
  }
  loss { cross_entropy {} }
  optimizer { sgd { learning_rate: 0.1 } }
  epoch_count: 3
  batch_size: 5
  selection { metric: SELECTION_METRIC_ACCURACY }
)";

// The step after which the first attempt of tiny-1 is lost, and tiny-3 is stopped.
constexpr int kLastStepOfLostAttempt = 5;
constexpr int kLastStepBeforeStop = 3;
constexpr int64_t kReserveBytes = 1 << 16;

void Append(std::vector<std::string> more, std::vector<std::string>& findings) {
  findings.insert(findings.end(), more.begin(), more.end());
}

// What is wrong with the rows of a run's trace up to a step.
std::vector<std::string> CheckTrace(const std::string& runs_directory, const std::string& run_id,
                                    int64_t step) {
  const absl::StatusOr<TraceReader> reader =
      TraceReader::Open(absl::StrCat(runs_directory, "/", run_id, "/trace"));
  if (!reader.ok()) return {absl::StrCat(run_id, ": ", reader.status().ToString())};
  if (reader->row_count() < step) {
    return {absl::StrCat(run_id, ": ", reader->row_count(), " rows of a trace at step ", step)};
  }
  for (int64_t i = 1; i <= step; ++i) {
    const absl::StatusOr<v1::TraceRow> row = reader->Read(i);
    if (row.ok() && row->SerializeAsString() == ScriptedTraining::TraceRow(i).SerializeAsString()) {
      continue;
    }
    return {absl::StrCat(run_id, ": the trace of step ", i, " is ",
                         row.ok() ? row->ShortDebugString() : row.status().ToString())};
  }
  return {};
}

void WriteSplit(const std::string& folder, const std::string& prefix, uint8_t rows) {
  WriteFile(absl::StrCat(folder, "/", prefix, "-images-idx3-ubyte"),
            std::string({0, 0, 8, 3, 0, 0, 0, static_cast<char>(rows), 0, 0, 0, 8, 0, 0, 0, 8}) +
                std::string(rows * 64, 'x'));
  WriteFile(absl::StrCat(folder, "/", prefix, "-labels-idx1-ubyte"),
            std::string({0, 0, 8, 1, 0, 0, 0, static_cast<char>(rows)}) + std::string(rows, 3));
}

}  // namespace

CrashScenario::CrashScenario(std::string data_directory, const std::string& datasets_directory,
                             ToldFacts told)
    : data_directory_(std::move(data_directory)),
      datasets_(datasets_directory),
      told_(std::move(told)) {}

void CrashScenario::WriteDataset(const std::string& datasets_directory) {
  WriteSplit(datasets_directory + "/tiny", "train", 20);
  WriteSplit(datasets_directory + "/tiny", "t10k", 10);
}

absl::Status CrashScenario::Open() {
  ASSIGN_OR_RETURN(lock_, DataDirectoryLock::Acquire(data_directory_));
  RunService::Options options;
  options.runs_directory = data_directory_ + "/runs";
  RETURN_IF_ERROR(CreateDirectories(options.runs_directory));
  RETURN_IF_ERROR(FileCheckpointStore::RemoveAllLeftovers(options.runs_directory));
  ASSIGN_OR_RETURN(store_, SqliteRunStore::Open(data_directory_ + "/runs.sqlite"));
  ASSIGN_OR_RETURN(models_, FileModelStore::Open(data_directory_ + "/models"));
  model_changes_ = std::make_unique<ModelChanges>(*models_, told_);
  files_ = std::make_unique<RunDirectories>(std::vector<std::string>{options.runs_directory});
  reserve_ = std::make_unique<FileDiskReserve>(data_directory_ + "/reserve", kReserveBytes);
  Metrics::Options metrics_options;
  metrics_options.nvml_library = "/no/such/library.so";
  metrics_ = std::make_unique<Metrics>(metrics_options, clock_);
  event_log_ = std::make_unique<EventLog>(*store_, options.limits);
  publisher_ = std::make_unique<RunPublisher>(*models_, options.runs_directory, clock_);
  service_ = std::make_unique<RunService>(options, RunService::Collaborators{*store_,
                                                                             *event_log_,
                                                                             launcher_,
                                                                             *publisher_,
                                                                             *files_,
                                                                             *reserve_,
                                                                             recipes_,
                                                                             datasets_,
                                                                             {metrics_.get()},
                                                                             clock_});
  ASSIGN_OR_RETURN(const std::vector<v1::Run> active, store_->ListActive());
  for (const v1::Run& run : active) metrics_->Adopt(run);
  return service_->Reconcile();
}

absl::Status CrashScenario::Play() {
  ASSIGN_OR_RETURN(const v1::Run first, Start("first"));
  ASSIGN_OR_RETURN(const v1::Run waiting, Start("second"));
  if (!IsTerminal(waiting.state())) {
    v1::CancelRunRequest cancel;
    cancel.set_run_id(waiting.id());
    RETURN_IF_ERROR(service_->Cancel(cancel).status());
    RETURN_IF_ERROR(Told(waiting.id()).status());
  }
  RETURN_IF_ERROR(TrainToEnd(first.id()));
  RETURN_IF_ERROR(model_changes_->Play(models_->Directory("tiny", 1)));
  ASSIGN_OR_RETURN(const v1::Run last, Start("third"));
  if (!IsTerminal(last.state())) RETURN_IF_ERROR(StopWhileRunning(last.id()));
  return StartAndDelete();
}

absl::Status CrashScenario::StartAndDelete() {
  v1::StartTrainingRequest request;
  request.set_request_id("fourth");
  request.set_recipe_text(kRecipe);
  ASSIGN_OR_RETURN(const v1::Run run, service_->Start(request));
  if (!IsTerminal(run.state())) {
    v1::CancelRunRequest cancel;
    cancel.set_run_id(run.id());
    cancel.set_force(true);
    RETURN_IF_ERROR(service_->Cancel(cancel).status());
    service_->OnWorkerExited({run.id(), run.attempts_size()}, "killed by signal 9 (SIGKILL)");
  }
  const std::string folder = absl::StrCat(data_directory_, "/runs/", run.id(), "/checkpoints");
  RETURN_IF_ERROR(CreateDirectories(folder));
  RETURN_IF_ERROR(WriteFileDurably(folder + "/file", "of a run that goes"));
  RETURN_IF_ERROR(service_->Delete(run.id()).status());
  while (true) {
    ASSIGN_OR_RETURN(const bool more, store_->Reclaim());
    if (!more) return absl::OkStatus();
  }
}

absl::StatusOr<v1::Run> CrashScenario::Start(const std::string& request_id) {
  v1::StartTrainingRequest request;
  request.set_request_id(request_id);
  request.set_recipe_text(kRecipe);
  request.mutable_execution()->mutable_checkpoints()->set_every_steps(2);
  ASSIGN_OR_RETURN(const v1::Run run, service_->Start(request));
  return Told(run.id());
}

absl::StatusOr<v1::Run> CrashScenario::Told(const std::string& run_id) {
  ASSIGN_OR_RETURN(v1::Run run, service_->Get(run_id));
  told_.NoteRun(run);
  return run;
}

absl::Status CrashScenario::TrainToEnd(const std::string& run_id) {
  while (true) {
    ASSIGN_OR_RETURN(const v1::Run run, Told(run_id));
    if (IsTerminal(run.state())) return absl::OkStatus();
    const AttemptKey attempt{run_id, run.attempts_size()};
    ScriptedTraining training(*service_, attempt, told_);
    absl::Status status = training.Begin();
    const bool is_to_be_lost = attempt.attempt == 1;
    for (int step = 1; status.ok() && step <= ScriptedTraining::kSteps; ++step) {
      status = training.RunTo(step);
      RETURN_IF_ERROR(Told(run_id).status());
      if (is_to_be_lost && step == kLastStepOfLostAttempt) break;
    }
    if (status.ok() && is_to_be_lost) {
      service_->OnWorkerExited(attempt, "killed by signal 9 (SIGKILL)");
      RETURN_IF_ERROR(CheckSettled(attempt));
      continue;
    }
    const absl::Status finished = training.Finish(status, worker::v1::OUTCOME_SUCCEEDED);
    RETURN_IF_ERROR(Told(run_id).status());
    service_->OnWorkerExited(attempt, "ended with exit code 0");
    RETURN_IF_ERROR(status);
    RETURN_IF_ERROR(finished);
  }
}

absl::Status CrashScenario::CheckSettled(const AttemptKey& attempt) {
  ASSIGN_OR_RETURN(const v1::Run run, Told(attempt.run_id));
  if (run.attempts_size() > attempt.attempt) return absl::OkStatus();
  return absl::UnavailableError("the store could not take the end of the attempt");
}

absl::Status CrashScenario::StopWhileRunning(const std::string& run_id) {
  ASSIGN_OR_RETURN(const v1::Run run, Told(run_id));
  if (run.state() == v1::RUN_STATE_QUEUED) {
    return absl::UnavailableError("the store could not take the start of an attempt");
  }
  const AttemptKey attempt{run_id, run.attempts_size()};
  ScriptedTraining training(*service_, attempt, told_);
  RETURN_IF_ERROR(training.Begin());
  RETURN_IF_ERROR(training.RunTo(kLastStepBeforeStop));
  RETURN_IF_ERROR(Told(run_id).status());
  v1::CancelRunRequest cancel;
  cancel.set_run_id(run_id);
  RETURN_IF_ERROR(service_->Cancel(cancel).status());
  RETURN_IF_ERROR(Told(run_id).status());
  RETURN_IF_ERROR(training.SaveForLater());
  RETURN_IF_ERROR(training.Finish(absl::OkStatus(), worker::v1::OUTCOME_STOPPED));
  RETURN_IF_ERROR(Told(run_id).status());
  service_->OnWorkerExited(attempt, "ended with exit code 0");
  return absl::OkStatus();
}

absl::Status CrashScenario::ReadAll() {
  ASSIGN_OR_RETURN(const v1::ListRunsResponse listed, service_->List({}));
  for (const v1::Run& run : listed.runs()) {
    RETURN_IF_ERROR(service_->Get(run.id()).status());
    RETURN_IF_ERROR(event_log_->Read(run.id(), 0, 0).status());
  }
  return absl::OkStatus();
}

std::vector<std::string> CrashScenario::CheckTold() {
  std::vector<std::string> findings = CheckEvents(*store_);
  Append(CheckCheckpoints(data_directory_ + "/runs"), findings);
  Append(CheckModels(*models_), findings);
  Append(model_changes_->CheckTold(), findings);
  for (const auto& [run_id, fact] : told_.Read()) {
    if (!absl::StartsWith(run_id, "tiny-")) continue;
    const absl::StatusOr<v1::Run> run = service_->Get(run_id);
    if (!run.ok()) {
      findings.push_back(run.status().ToString());
      continue;
    }
    if (run->last_sequence() < fact.last_sequence) {
      findings.push_back(absl::StrCat(run_id, ": ", run->last_sequence(), " events, told of ",
                                      fact.last_sequence));
    }
    const int64_t step = NewestCheckpointStep(data_directory_ + "/runs", run_id);
    // The step from which the run would go on has its trace.
    if (step > 0) Append(CheckTrace(data_directory_ + "/runs", run_id, step), findings);
    if (step < fact.checkpoint_step) {
      findings.push_back(absl::StrCat(run_id, ": a checkpoint of step ", step, ", told of ",
                                      fact.checkpoint_step));
    }
    if (fact.published_version > 0 && !models_->Get("tiny", fact.published_version).ok()) {
      findings.push_back(absl::StrCat(run_id, ": version ", fact.published_version, " is gone"));
    }
    if (IsTerminal(static_cast<v1::RunState>(fact.state)) && run->state() != fact.state) {
      findings.push_back(
          absl::StrCat(run_id, ": told of its end, and it is ", StateName(run->state())));
    }
    if (run->state() == v1::RUN_STATE_UNSPECIFIED) findings.push_back(run_id + ": no state");
  }
  return findings;
}

std::vector<std::string> CrashScenario::CheckEnd() {
  std::vector<std::string> findings = CheckTold();
  Append(FindHidden(data_directory_), findings);
  const absl::StatusOr<std::vector<std::string>> with_files = files_->List();
  if (!with_files.ok()) findings.push_back(with_files.status().ToString());
  for (const std::string& run_id : with_files.value_or(std::vector<std::string>())) {
    if (!service_->Get(run_id).ok()) findings.push_back(run_id + ": files of a run that is gone");
  }
  const std::pair<const char*, v1::RunState> expected[] = {{"tiny-1", v1::RUN_STATE_SUCCEEDED},
                                                           {"tiny-2", v1::RUN_STATE_CANCELLED},
                                                           {"tiny-3", v1::RUN_STATE_CANCELLED}};
  for (const auto& [run_id, state] : expected) {
    const absl::StatusOr<v1::Run> run = service_->Get(run_id);
    if (!run.ok() || run->state() != state) {
      findings.push_back(
          absl::StrCat(run_id, ": expected ", StateName(state), ", got ",
                       run.ok() ? run->ShortDebugString() : run.status().ToString()));
    }
  }
  Append(CheckTrace(data_directory_ + "/runs", "tiny-1", ScriptedTraining::kSteps), findings);
  const std::vector<v1::Model> models = models_->List();
  Append(model_changes_->CheckEnd(), findings);
  if (models.size() != 2 || models[1].name() != "tiny" || models[1].versions_size() != 1) {
    findings.push_back("expected one version of the model tiny, and one other model");
  } else if (ReadFile(models_->Directory("tiny", 1) + "/model.safetensors") !=
             ScriptedTraining::Weights(ScriptedTraining::kSteps)) {
    findings.push_back("the published weights are not those of the last step");
  }
  return findings;
}

}  // namespace traind
