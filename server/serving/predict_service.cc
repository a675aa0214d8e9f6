#include "server/serving/predict_service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/serving/load_states.h"
#include "server/serving/output_scores.h"
#include "server/serving/signature.h"

namespace traind {
namespace {

// Rows first … first + count of a batch's answer.
Prediction SliceRows(const Prediction& batch, int64_t first, int64_t count) {
  const int64_t classes = batch.class_count;
  const auto rows = [first, count](const auto& values, int64_t per_row) {
    return std::vector(values.begin() + first * per_row,
                       values.begin() + (first + count) * per_row);
  };
  return {count,
          classes,
          rows(batch.classes, 1),
          rows(batch.logits, classes),
          rows(batch.probabilities, classes),
          batch.times};
}

}  // namespace

PredictService::PredictService(Options options, const ModelStore& store, ExecutorLoader& loader,
                               PredictObserver* observer, const Clock& clock)
    : options_(std::move(options)),
      store_(store),
      observer_(observer),
      clock_(clock),
      queue_(options_.limits),
      pool_(std::make_unique<ModelPool>(
          ModelPool::Options{options_.limits, options_.pinned_models, options_.thread_start,
                             options_.on_state_change, &clock},
          store, loader)),
      router_(store, *pool_, options_.limits),
      start_loads_(std::make_unique<StartLoads>(*pool_, clock, options_.limits)) {
  for (int i = 0; i < std::max(1, options_.thread_count); ++i) {
    threads_.emplace_back([this] { ExecutorLoop(); });
  }
}

PredictService::~PredictService() {
  std::vector<PendingPredict> left;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    left = queue_.TakeAll();
  }
  for (const PendingPredict& pending : left) {
    Refuse(pending, absl::UnavailableError("the server is shutting down"));
  }
  start_loads_->Stop();
  pool_.reset();
  for (std::thread& thread : threads_) thread.join();
}

absl::StatusOr<std::optional<int64_t>> PredictService::FindNamed(absl::string_view model,
                                                                 int64_t version,
                                                                 absl::string_view alias) const {
  if (model.empty()) {
    return absl::InvalidArgumentError("model: expected a model's name such as s4, got none");
  }
  if (!alias.empty()) return store_.FindAliased(model, alias);
  if (version < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "version: expected 1 or more, or none for the one in production, got ", version));
  }
  if (version == 0) return std::nullopt;
  return store_.FindVersion(model, version);
}

absl::StatusOr<std::shared_ptr<const v1::ModelVersion>> PredictService::FindVersion(
    absl::string_view model, int64_t version, absl::string_view alias) {
  ASSIGN_OR_RETURN(std::optional<int64_t> found, FindNamed(model, version, alias));
  if (!found.has_value()) {
    ASSIGN_OR_RETURN(found, router_.Route(model));
  }
  return pool_->Describe(model, *found);
}

absl::StatusOr<std::shared_ptr<const v1::ModelVersion>> PredictService::LookUp(
    absl::string_view model, int64_t version, absl::string_view alias) {
  ASSIGN_OR_RETURN(std::optional<int64_t> found, FindNamed(model, version, alias));
  if (!found.has_value()) {
    ASSIGN_OR_RETURN(found, router_.LookUp(model));
  }
  return pool_->Describe(model, *found);
}

std::string PredictService::TroubleOf(absl::string_view model, int64_t version) const {
  const ModelPool::Status status = pool_->StatusOf(model, version);
  if (status.has_failed) return status.reason;
  std::vector<const Executor*> stuck;
  {
    absl::MutexLock lock(&mutex_);
    if (running_.stuck_count() >= static_cast<int>(threads_.size())) {
      return "every executor thread has a prediction that does not come back";
    }
    stuck = running_.StuckExecutors(model, version);
  }
  for (const Executor* const executor : stuck) {
    if (pool_->IsInUse(model, version, *executor)) return "a prediction of it does not come back";
  }
  return "";
}

void PredictService::CountRefusal(const v1::ModelVersion* version, const absl::Status& status,
                                  absl::Duration arrival) {
  if (observer_ == nullptr) return;
  PredictOutcome outcome;
  if (version != nullptr) {
    outcome.model = version->model();
    outcome.version = version->version();
  }
  outcome.code = status.code();
  outcome.total_time = clock_.Monotonic() - arrival;
  observer_->OnPredict(outcome);
}

ServingState PredictService::State() const {
  ServingState state{.is_ready = is_ready(), .versions = {}};
  for (const ModelPool::Status& status : pool_->Statuses()) {
    // Merely described.
    if (status.state == ModelPool::State::kUnknown) continue;
    const bool is_good = TroubleOf(status.model, status.version).empty();
    state.versions.push_back({status.model, status.version, is_good});
  }
  return state;
}

void PredictService::LoadVersionsInUse() {
  start_loads_->Start(FindVersionsInUse(store_, options_.pinned_models, options_.limits));
}

void PredictService::Predict(PredictCall call, PredictDone done) {
  PendingPredict pending;
  pending.call = std::move(call);
  pending.arrival = clock_.Monotonic();
  pending.done = std::move(done);
  absl::StatusOr<std::shared_ptr<const v1::ModelVersion>> version =
      FindVersion(pending.call.model, pending.call.version, pending.call.alias);
  if (!version.ok()) return Refuse(pending, version.status());
  pending.version = *std::move(version);
  const absl::StatusOr<int64_t> rows =
      CheckInputs(*pending.version, pending.call.inputs, options_.limits);
  if (!rows.ok()) return Refuse(pending, rows.status());
  pending.row_count = *rows;
  if (absl::Status room = ReserveRoom(); !room.ok()) return Refuse(pending, room);
  const v1::ModelVersion& wanted = *pending.version;
  // Shared, since a std::function must be copyable.
  auto shared = std::make_shared<PendingPredict>(std::move(pending));
  pool_->Get(wanted, [this, shared = std::move(shared)](ModelPool::Loaded loaded) {
    Enqueue(std::move(*shared), std::move(loaded));
  });
}

absl::Status PredictService::ReserveRoom() {
  absl::MutexLock lock(&mutex_);
  if (stopping_) return absl::UnavailableError("the server is shutting down");
  if (waiting_for_models_ >= options_.limits.predict_queue_max) {
    return absl::ResourceExhaustedError(
        absl::StrCat(waiting_for_models_, " requests wait for models to be loaded (at most ",
                     options_.limits.predict_queue_max, ", predict_queue_max); retry later"));
  }
  ++waiting_for_models_;
  return absl::OkStatus();
}

void PredictService::Enqueue(PendingPredict pending, ModelPool::Loaded loaded) {
  absl::Status refused = loaded.status();
  std::vector<PendingPredict> dropped;
  RunningBatch* batch = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    --waiting_for_models_;
    if (refused.ok() && stopping_) refused = absl::UnavailableError("the server is shutting down");
    if (refused.ok()) {
      pending.executor = *std::move(loaded);
      const absl::Duration now = clock_.Monotonic();
      batch = StartAtOnce(pending, now);
      if (batch == nullptr) {
        refused = queue_.Add(
            pending, now,
            {std::max(1, options_.thread_count), running_.count(), running_.ExpectedLeft(now)},
            dropped);
      }
    }
  }
  AnswerDropped(std::move(dropped));
  if (!refused.ok()) Refuse(pending, refused);
  if (batch == nullptr) return;
  std::string rows;
  RunBatch(*batch, rows);
}

RunningBatch* PredictService::StartAtOnce(PendingPredict& pending, absl::Duration now) {
  if (!RunsAtOnce(pending, now)) return nullptr;
  std::vector<PendingPredict> calls;
  calls.push_back(std::move(pending));
  return &running_.Add(std::move(calls), now);
}

bool PredictService::RunsAtOnce(const PendingPredict& pending, absl::Duration now) const {
  if (!queue_.empty() || running_.count() >= std::max(1, options_.thread_count)) return false;
  if (!pending.executor->runs_on_any_thread()) return false;
  // The queue tells those that they are too late.
  if (pending.call.deadline <= now || pending.is_cancelled()) return false;
  const absl::Duration time = pending.executor->cost().Estimate(pending.row_count);
  return time > absl::ZeroDuration() && time <= options_.at_once_max;
}

void PredictService::ExecutorLoop() {
  if (options_.thread_start) options_.thread_start();
  std::string rows;
  while (true) {
    RunningBatch* batch = nullptr;
    std::vector<PendingPredict> dropped;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &PredictService::HasWork));
      if (queue_.empty()) return;
      const absl::Duration now = clock_.Monotonic();
      std::vector<PendingPredict> calls = queue_.Take(now, dropped);
      if (!calls.empty()) batch = &running_.Add(std::move(calls), now);
    }
    AnswerDropped(std::move(dropped));
    if (batch != nullptr) RunBatch(*batch, rows);
  }
}

void PredictService::RunBatch(RunningBatch& batch, std::string& rows) {
  const absl::Duration start = batch.start;
  // Holds the version past the batch, and with it the names that are observed.
  const std::shared_ptr<const v1::ModelVersion> version = batch.version;
  const int64_t row_count = batch.row_count;
  absl::StatusOr<Prediction> prediction = Compute(batch, rows);
  const absl::Duration compute_time = clock_.Monotonic() - start;
  if (prediction.ok()) batch.executor->cost().Learn(row_count, compute_time);
  std::vector<PendingPredict> calls;
  {
    absl::MutexLock lock(&mutex_);
    calls = running_.Remove(batch);
    if (prediction.ok()) queue_.Learn(calls, start, compute_time);
  }
  if (prediction.ok() && observer_ != nullptr) {
    observer_->OnBatch({version->model(), version->version(), static_cast<int64_t>(calls.size()),
                        row_count, prediction->times});
  }
  AnswerBatch(std::move(calls), std::move(prediction), start, compute_time);
}

absl::StatusOr<Prediction> PredictService::Compute(RunningBatch& batch, std::string& rows) const {
  // More is given back, so that one large request does not take it for good.
  constexpr size_t kKeptBytes = 4 << 20;
  rows.clear();
  for (const PendingPredict& pending : batch.calls) {
    absl::StrAppend(&rows, pending.call.inputs[0].bytes);
  }
  batch.inputs_copied.store(true, std::memory_order_release);
  const absl::Duration copied = clock_.Monotonic();
  absl::StatusOr<Prediction> prediction =
      batch.executor->Run({absl::string_view(rows)}, batch.row_count);
  if (prediction.ok()) {
    prediction->times.input += copied - batch.start;
    FitScores(batch.version->recipe().loss(), *prediction);
  }
  if (rows.capacity() > kKeptBytes) std::string().swap(rows);
  return prediction;
}

void PredictService::AnswerBatch(std::vector<PendingPredict> calls,
                                 absl::StatusOr<Prediction> prediction, absl::Duration start,
                                 absl::Duration compute_time) {
  int64_t first_row = 0;
  for (PendingPredict& pending : calls) {
    const int64_t row = std::exchange(first_row, first_row + pending.row_count);
    // Answered by Watch while it ran.
    if (pending.done == nullptr) continue;
    const absl::Duration queue_time = start - pending.arrival;
    if (!prediction.ok()) {
      Refuse(pending, prediction.status(), queue_time);
      continue;
    }
    if (observer_ != nullptr) {
      PredictOutcome outcome = OutcomeOf(pending, absl::StatusCode::kOk);
      outcome.queue_time = queue_time;
      outcome.compute_time = compute_time;
      outcome.batch_row_count = prediction->row_count;
      // Before the answer, so that whoever has it finds it counted.
      observer_->OnPredict(outcome);
    }
    Prediction own = calls.size() == 1 ? std::exchange(*prediction, Prediction())
                                       : SliceRows(*prediction, row, pending.row_count);
    pending.done(Predicted{pending.version, std::move(own), queue_time, compute_time});
  }
}

void PredictService::Watch() {
  std::vector<PendingPredict> dropped;
  std::vector<RunningBatches::Expired> expired;
  std::vector<StuckExecution> stuck;
  const absl::Duration now = clock_.Monotonic();
  {
    absl::MutexLock lock(&mutex_);
    queue_.Drop(now, dropped);
    expired = running_.TakeExpired(now);
    stuck = running_.FindStuck(now, options_.limits.predict_stuck_timeout);
  }
  AnswerDropped(std::move(dropped));
  for (const RunningBatches::Expired& given_up : expired) {
    Refuse(given_up.call,
           absl::DeadlineExceededError(absl::StrCat(
               "the deadline passed after ", absl::FormatDuration(now - given_up.call.arrival),
               ", while the model ran")),
           given_up.queue_time);
  }
  for (const StuckExecution& execution : stuck) {
    if (observer_ != nullptr) observer_->OnStuck(execution);
    if (options_.on_stuck) options_.on_stuck(execution);
  }
}

int PredictService::stuck_count() const {
  absl::MutexLock lock(&mutex_);
  return running_.stuck_count();
}

void PredictService::AnswerDropped(std::vector<PendingPredict> dropped) {
  for (const PendingPredict& pending : dropped) {
    const absl::Duration waited = clock_.Monotonic() - pending.arrival;
    const std::string in_queue =
        absl::StrCat(absl::FormatDuration(waited), " in the queue, before the request ran");
    Refuse(pending,
           pending.is_cancelled()
               ? absl::CancelledError(absl::StrCat("the client went away after ", in_queue))
               : absl::DeadlineExceededError(absl::StrCat("the deadline passed after ", in_queue)),
           waited);
  }
}

void PredictService::Refuse(const PendingPredict& pending, const absl::Status& status,
                            std::optional<absl::Duration> queue_time) {
  if (observer_ != nullptr) {
    PredictOutcome outcome = OutcomeOf(pending, status.code());
    outcome.queue_time = queue_time;
    observer_->OnPredict(outcome);
  }
  pending.done(status);
}

PredictOutcome PredictService::OutcomeOf(const PendingPredict& pending,
                                         absl::StatusCode code) const {
  PredictOutcome outcome;
  // Names that are no model's leave no trace.
  if (pending.version != nullptr) {
    outcome.model = pending.version->model();
    outcome.version = pending.version->version();
  }
  outcome.row_count = pending.row_count;
  outcome.code = code;
  outcome.total_time = clock_.Monotonic() - pending.arrival;
  return outcome;
}

int PredictService::queue_depth() const {
  absl::MutexLock lock(&mutex_);
  return queue_.size() + waiting_for_models_;
}

absl::StatusOr<v1::ListModelsResponse> PredictService::ListModels(
    const v1::ListModelsRequest& request) const {
  constexpr int kPageSizeDefault = 100;
  const int max = options_.limits.page_size_max;
  if (request.page_size() < 0 || request.page_size() > max) {
    return absl::InvalidArgumentError(
        absl::StrCat("page_size: expected 0 to ", max, ", got ", request.page_size()));
  }
  const int page_size = request.page_size() == 0 ? kPageSizeDefault : request.page_size();
  v1::ListModelsResponse response;
  const auto trouble_of = [this](absl::string_view model, int64_t version) {
    return TroubleOf(model, version);
  };
  // The token is the last name of the page before, so that models that come or go do no harm.
  for (v1::Model& model : store_.List()) {
    if (model.name() <= request.page_token()) continue;
    if (response.models_size() == page_size) {
      response.set_next_page_token(response.models(page_size - 1).name());
      break;
    }
    AddLoadStates(*pool_, trouble_of, model);
    *response.add_models() = std::move(model);
  }
  return response;
}

}  // namespace traind
