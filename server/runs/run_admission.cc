// What a run must pass before it is accepted: everything that can be checked is
// checked here, so that no queued run fails for a reason known at the start.

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "server/base/status_macros.h"
#include "server/recipes/recipe_source.h"
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

absl::Status CheckShape(const std::string& split, const ImageSplitShape& shape,
                        const v1::InputShape& input) {
  if (shape.channels == input.channels() && shape.height == input.height() &&
      shape.width == input.width()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrFormat(
      "network.input: expected the shape of %s, [%d, %d, %d], got [%d, %d, %d]", split,
      shape.channels, shape.height, shape.width, input.channels(), input.height(), input.width()));
}

}  // namespace

absl::Status RunService::CheckData(const v1::Recipe& recipe) const {
  const v1::Data& data = recipe.data();
  for (const std::string& split : {data.train_split(), data.eval_split()}) {
    absl::StatusOr<ImageSplitShape> shape = with_.datasets.InspectSplit(data.dataset(), split);
    if (!shape.ok()) return AsPrecondition(shape.status());
    RETURN_IF_ERROR(
        CheckShape(absl::StrCat(data.dataset(), ":", split), *shape, recipe.network().input()));
    if (split == data.train_split() && recipe.batch_size() > shape->row_count) {
      return absl::InvalidArgumentError(
          absl::StrCat("batch_size: expected at most ", shape->row_count, ", the rows of ",
                       data.dataset(), ":", split, ", got ", recipe.batch_size()));
    }
  }
  return absl::OkStatus();
}

int64_t RunService::RowCount(const v1::Data& data) const {
  // Rows of the recipe's own are trained on and evaluated.
  if (data.rows_size() > 0) return int64_t{2} * data.rows_size();
  int64_t rows = 0;
  for (const std::string& split : {data.train_split(), data.eval_split()}) {
    const absl::StatusOr<ImageSplitShape> shape =
        with_.datasets.InspectSplit(data.dataset(), split);
    if (!shape.ok()) return 0;
    rows += shape->row_count;
  }
  return rows;
}

bool RunService::SharesWorker(const v1::Recipe& recipe, const v1::Execution& asked,
                              const std::string& device) const {
  if (options_.shared_attempts_max < 2) return false;
  v1::Execution execution = asked;
  execution.set_device(device);
  return FitsSharedWorker(recipe, execution, RowCount(recipe.data()), options_.limits);
}

absl::StatusOr<v1::Execution> RunService::ResolveExecution(v1::Execution execution) const {
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
  if (execution.thread_count() == 0) execution.set_thread_count(options_.cpu_count);
  if (!execution.has_max_retries()) execution.set_max_retries(kMaxRetriesDefault);
  if (execution.log_every_steps() == 0) execution.set_log_every_steps(kLogEveryStepsDefault);
  if (execution.precision() == v1::PRECISION_UNSPECIFIED) {
    execution.set_precision(v1::PRECISION_FP32);
  }
  return execution;
}

absl::Status RunService::CheckCanRun(const v1::Recipe& recipe,
                                     const v1::Execution& execution) const {
  RETURN_IF_ERROR(CheckData(recipe));
  return ResolveExecution(execution).status();
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
  RETURN_IF_ERROR(CheckData(run.recipe()));
  ASSIGN_OR_RETURN(*run.mutable_execution(), ResolveExecution(request.execution()));
  if (SharesWorker(run.recipe(), request.execution(), run.execution().device())) {
    run.set_shares_worker(true);
    run.mutable_execution()->set_thread_count(1);
  }
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
