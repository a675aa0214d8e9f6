// What a run must pass before it is accepted: everything that can be checked is
// checked here, so that no queued run fails for a reason known at the start.

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "server/base/status_macros.h"
#include "server/datasets/dataset_description.h"
#include "server/modules/module_recipe.h"
#include "server/recipes/feature_map.h"
#include "server/recipes/layer_validation.h"
#include "server/recipes/recipe_source.h"
#include "server/recipes/recipe_summary.h"
#include "server/recipes/row_shape.h"
#include "server/recipes/selection_value.h"
#include "server/recipes/target_check.h"
#include "server/recipes/trace_validation.h"
#include "server/runs/fingerprint.h"
#include "server/runs/run_service.h"
#include "server/runs/small_run.h"
#include "server/runs/timestamps.h"

namespace traind {
namespace {

constexpr int kRequestIdBytesMax = 128;
constexpr int kLogEveryStepsDefault = 100;
constexpr int kMaxRetriesDefault = 3;

// Of the request, with its size; equal requests have equal digests. Not a defence
// against forgery: a request_id is the client's own.
std::string Digest(const v1::StartTrainingRequest& request) {
  const std::string bytes = request.SerializeAsString();
  return absl::StrFormat("%016x-%d", Fingerprint(bytes), bytes.size());
}

// A dataset that is absent or damaged is a state of the server, not a bad field.
absl::Status AsPrecondition(const absl::Status& status) {
  if (status.code() == absl::StatusCode::kNotFound ||
      status.code() == absl::StatusCode::kDataLoss) {
    return absl::FailedPreconditionError(status.message());
  }
  return status;
}

absl::Status CheckShape(const std::string& split, const SplitShape& shape,
                        const v1::InputShape& input) {
  const std::vector<int64_t> row_shape = RowShape(input);
  if (shape.row_shape == row_shape) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("network.input: expected the shape of ", split,
                                                 ", ", ShapeText(shape.row_shape), ", got ",
                                                 ShapeText(row_shape)));
}

// Whether rows have what the network takes, and what the loss compares its outputs with.
absl::Status CheckSplit(const std::string& split, const SplitShape& shape,
                        const v1::Recipe& recipe) {
  RETURN_IF_ERROR(CheckShape(split, shape, recipe.network().input()));
  ASSIGN_OR_RETURN(const v1::RecipeSummary summary, SummarizeRecipe(recipe));
  const absl::Status fits =
      CheckTargets(recipe.loss(), ClassCount(summary), {shape.target_count, shape.class_count});
  if (fits.ok()) return fits;
  return absl::InvalidArgumentError(absl::StrCat(split, ": ", fits.message()));
}

// Writes a split's mean and standard deviation into the recipe's normalisation. What is the
// same everywhere is only shifted.
void Standardize(const v1::DatasetSplit& split, v1::Data& data) {
  v1::Normalization& normalization = *data.mutable_normalization();
  normalization.Clear();
  for (const v1::ValueStatistics& channel : split.inputs()) {
    const double deviation = channel.standard_deviation();
    normalization.add_mean(channel.mean());
    normalization.add_standard_deviation(deviation > 0 ? deviation : 1);
  }
  data.clear_standardize();
}

}  // namespace

absl::Status RunService::ResolveData(v1::Run& run) const {
  v1::Recipe& recipe = *run.mutable_recipe();
  v1::Data& data = *recipe.mutable_data();
  if (data.rows_size() > 0) return absl::OkStatus();  // they lie in the recipe itself
  const absl::StatusOr<v1::Dataset> dataset = with_.datasets.Describe(data.dataset());
  if (!dataset.ok()) return AsPrecondition(dataset.status());
  for (const std::string& name : {data.train_split(), data.eval_split()}) {
    const absl::StatusOr<v1::DatasetSplit> split = FindSplit(*dataset, name);
    if (!split.ok()) return AsPrecondition(split.status());
    const std::string where = absl::StrCat(data.dataset(), ":", name);
    RETURN_IF_ERROR(CheckSplit(where, ShapeOf(*split), recipe));
    if (name != data.train_split()) continue;
    if (recipe.batch_size() > split->row_count()) {
      return absl::InvalidArgumentError(absl::StrCat("batch_size: expected at most ",
                                                     split->row_count(), ", the rows of ", where,
                                                     ", got ", recipe.batch_size()));
    }
    RETURN_IF_ERROR(ValidateLastBatch(recipe, split->row_count()));
    if (data.standardize()) Standardize(*split, data);
  }
  if (HasClassTargets(recipe.loss())) *run.mutable_class_names() = dataset->class_names();
  if (data.dataset_sha256().empty()) data.set_dataset_sha256(dataset->sha256());
  if (data.dataset_sha256() == dataset->sha256()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "data.dataset_sha256: expected ", dataset->sha256(), ", that of ", data.dataset(), ", got ",
      data.dataset_sha256(), "; bring the data that the recipe means, or leave the field out"));
}

absl::StatusOr<int64_t> RunService::TrainRowCount(const v1::Data& data) const {
  if (data.rows_size() > 0) return data.rows_size();
  ASSIGN_OR_RETURN(const v1::Dataset dataset, with_.datasets.Describe(data.dataset()));
  ASSIGN_OR_RETURN(const v1::DatasetSplit split, FindSplit(dataset, data.train_split()));
  return split.row_count();
}

int64_t RunService::RowCount(const v1::Data& data) const {
  // Rows of the recipe's own are trained on and evaluated.
  if (data.rows_size() > 0) return int64_t{2} * data.rows_size();
  const absl::StatusOr<v1::Dataset> dataset = with_.datasets.Describe(data.dataset());
  if (!dataset.ok()) return 0;
  int64_t rows = 0;
  for (const std::string& name : {data.train_split(), data.eval_split()}) {
    const absl::StatusOr<v1::DatasetSplit> split = FindSplit(*dataset, name);
    if (!split.ok()) return 0;
    rows += split->row_count();
  }
  return rows;
}

absl::Status RunService::PrepareRun(const v1::Execution& asked, v1::Run& run) const {
  const ModuleDirectory no_modules("", false);
  RETURN_IF_ERROR(
      ResolveModule(with_.modules != nullptr ? *with_.modules : no_modules, *run.mutable_recipe()));
  RETURN_IF_ERROR(ResolveData(run));
  RETURN_IF_ERROR(ResolveWeights(*run.mutable_recipe()));
  ASSIGN_OR_RETURN(*run.mutable_execution(), ResolveExecution(run.recipe(), asked));
  // As it was asked for: what is left open is for small runs what lets them share.
  v1::Execution execution = asked;
  execution.set_device(run.execution().device());
  if (options_.shared_attempts_max > 1 &&
      FitsSharedWorker(run.recipe(), execution, RowCount(run.recipe().data()), options_.limits)) {
    run.set_shares_worker(true);
    run.mutable_execution()->set_thread_count(1);
    run.mutable_execution()->set_precision(v1::PRECISION_FP32);
  }
  RETURN_IF_ERROR(ValidateTogether(run.recipe(), run.execution()));
  if (!run.execution().trace()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const int64_t row_count, TrainRowCount(run.recipe().data()));
  return ValidateTraceLength(run.recipe(), row_count);
}

absl::Status RunService::ResolveWeights(v1::Recipe& recipe) const {
  if (!recipe.has_initial_weights()) return absl::OkStatus();
  if (with_.weights != nullptr) return with_.weights->Resolve(recipe);
  return absl::FailedPreconditionError(
      "initial_weights: expected none, as this server keeps no weights, got some");
}

absl::StatusOr<v1::Execution> RunService::ResolveExecution(const v1::Recipe& recipe,
                                                           v1::Execution execution) const {
  RETURN_IF_ERROR(ValidateExecution(execution));
  const std::string asked = execution.device().empty() ? "cpu" : execution.device();
  std::string device = asked;
  if (asked == "cuda") device = "cuda:0";
  if (asked == "auto") {
    device = "cpu";
    for (const std::string& candidate : options_.devices) {
      if (absl::StartsWith(candidate, "cuda")) {
        device = candidate;
        break;
      }
    }
  }
  if (std::find(options_.devices.begin(), options_.devices.end(), device) ==
      options_.devices.end()) {
    return absl::FailedPreconditionError(
        absl::StrCat("execution.device: expected one of this server's devices (",
                     absl::StrJoin(options_.devices, ", "), ") or auto, got ", asked));
  }
  execution.set_device(device);
  if (execution.thread_count() == 0) {
    execution.set_thread_count(device == "cpu"
                                   ? ThreadsOfSlot(options_.cpu_cores, options_.cpu_slots)
                                   : options_.cpu_cores);
  }
  if (!execution.has_max_retries()) execution.set_max_retries(kMaxRetriesDefault);
  if (execution.log_every_steps() == 0) execution.set_log_every_steps(kLogEveryStepsDefault);
  if (execution.precision() == v1::PRECISION_UNSPECIFIED) {
    execution.set_precision(options_.choose_precision ? options_.choose_precision(recipe, execution)
                                                      : v1::PRECISION_FP32);
  }
  return execution;
}

absl::Status RunService::CheckCanRun(const v1::Recipe& recipe,
                                     const v1::Execution& execution) const {
  v1::Run run;
  *run.mutable_recipe() = recipe;
  return PrepareRun(execution, run);
}

absl::StatusOr<std::optional<v1::Run>> RunService::FindEarlier(
    const v1::StartTrainingRequest& request) const {
  if (request.request_id().empty()) return std::optional<v1::Run>();
  ASSIGN_OR_RETURN(const std::optional<RunStore::RequestMatch> match,
                   with_.store.FindRequest(request.request_id()));
  if (!match.has_value()) return std::optional<v1::Run>();
  if (match->request_digest != Digest(request)) {
    return absl::AlreadyExistsError(
        absl::StrCat("request_id ", request.request_id(), " has started ", match->run_id,
                     " with another body; use a new request_id for a new run"));
  }
  ASSIGN_OR_RETURN(v1::Run run, with_.store.Get(match->run_id));
  AddTransient(run);
  return std::optional<v1::Run>(std::move(run));
}

absl::Status RunService::CheckAdmission() const {
  if (draining_) {
    return absl::UnavailableError("the server is shutting down; retry when it is back");
  }
  if (!refusal_.empty()) return absl::ResourceExhaustedError(refusal_);
  if (static_cast<int>(queue_.size()) >= options_.limits.queued_runs_max) {
    return absl::ResourceExhaustedError(absl::StrCat("the queue is full: at most ",
                                                     options_.limits.queued_runs_max,
                                                     " runs wait (queued_runs_max); retry later"));
  }
  return absl::OkStatus();
}

void RunService::RefuseNewRuns(absl::string_view reason) {
  absl::MutexLock lock(&mutex_);
  refusal_ = std::string(reason);
}

absl::StatusOr<v1::Run> RunService::Accept(v1::Run run, const std::string& request_digest) {
  std::vector<v1::Event> events;
  RETURN_IF_ERROR(Transition(run, v1::RUN_STATE_QUEUED, "accepted", events));
  events.front().set_sequence(1);
  *events.front().mutable_time() = run.create_time();
  run.set_last_sequence(1);
  ASSIGN_OR_RETURN(run, with_.store.Create(std::move(run), request_digest, events));
  events.front().set_run_id(run.id());
  Publish(run, events);
  queue_.push_back(run.id());
  return run;
}

absl::StatusOr<v1::Run> RunService::Start(const v1::StartTrainingRequest& request) {
  return Start(request, SweepOrigin());
}

absl::StatusOr<v1::Run> RunService::Start(const v1::StartTrainingRequest& request,
                                          const SweepOrigin& origin) {
  if (static_cast<int>(request.request_id().size()) > kRequestIdBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat("request_id: expected at most ",
                                                   kRequestIdBytesMax, " bytes, got ",
                                                   request.request_id().size()));
  }
  {
    absl::MutexLock lock(&mutex_);
    ASSIGN_OR_RETURN(std::optional<v1::Run> earlier, FindEarlier(request));
    if (earlier.has_value()) return *std::move(earlier);
  }
  v1::Run run;
  ASSIGN_OR_RETURN(*run.mutable_recipe(), ResolveRecipe(request, with_.recipes, options_.limits));
  RETURN_IF_ERROR(PrepareRun(request.execution(), run));
  run.set_request_id(request.request_id());
  run.set_sweep_id(origin.sweep_id);
  run.set_sweep_point(origin.point);
  run.mutable_parameters()->Add(origin.parameters.begin(), origin.parameters.end());
  run.set_pause_after_epoch(origin.pause_after_epoch);

  std::vector<AttemptKey> launches;
  {
    absl::MutexLock lock(&mutex_);
    // The same request may have come twice at once.
    ASSIGN_OR_RETURN(std::optional<v1::Run> earlier, FindEarlier(request));
    if (earlier.has_value()) return *std::move(earlier);
    RETURN_IF_ERROR(CheckAdmission());
    *run.mutable_create_time() = ToTimestamp(with_.clock.Now());
    ASSIGN_OR_RETURN(run, Accept(std::move(run), Digest(request)));
    launches = Schedule();
    run = active_.find(run.id())->second.run;
    AddTransient(run);
  }
  LaunchAll(launches);
  return run;
}

}  // namespace traind
