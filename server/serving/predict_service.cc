#include "server/serving/predict_service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
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
          ModelPool::Options{options_.limits, options_.thread_start, options_.on_state_change},
          store, loader)),
      router_(store, *pool_, options_.limits) {
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
  pool_.reset();
  for (std::thread& thread : threads_) thread.join();
}

absl::StatusOr<std::shared_ptr<const v1::ModelVersion>> PredictService::FindVersion(
    absl::string_view model, int64_t version, absl::string_view alias) {
  if (model.empty()) {
    return absl::InvalidArgumentError("model: expected a model's name such as s4, got none");
  }
  if (!alias.empty()) {
    ASSIGN_OR_RETURN(const int64_t aliased, store_.FindAliased(model, alias));
    return pool_->Describe(model, aliased);
  }
  if (version < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "version: expected 1 or more, or none for the one in production, got ", version));
  }
  if (version == 0) {
    ASSIGN_OR_RETURN(const int64_t routed, router_.Route(model));
    return pool_->Describe(model, routed);
  }
  ASSIGN_OR_RETURN(const int64_t found, store_.FindVersion(model, version));
  return pool_->Describe(model, found);
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
  {
    absl::MutexLock lock(&mutex_);
    --waiting_for_models_;
    if (refused.ok() && stopping_) refused = absl::UnavailableError("the server is shutting down");
    if (refused.ok()) {
      pending.executor = *std::move(loaded);
      refused = queue_.Add(pending, dropped);
    }
  }
  AnswerDropped(std::move(dropped));
  if (!refused.ok()) Refuse(pending, refused);
}

void PredictService::ExecutorLoop() {
  if (options_.thread_start) options_.thread_start();
  while (true) {
    std::vector<PendingPredict> batch;
    std::vector<PendingPredict> dropped;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &PredictService::HasWork));
      if (queue_.empty()) return;
      batch = queue_.Take(clock_.Monotonic(), dropped);
    }
    AnswerDropped(std::move(dropped));
    if (!batch.empty()) RunBatch(std::move(batch));
  }
}

void PredictService::RunBatch(std::vector<PendingPredict> batch) {
  std::vector<absl::string_view> inputs;
  int64_t row_count = 0;
  for (const PendingPredict& pending : batch) {
    inputs.push_back(pending.call.inputs[0].bytes);
    row_count += pending.row_count;
  }
  const absl::Duration start = clock_.Monotonic();
  const absl::StatusOr<Prediction> prediction = batch.front().executor->Run(inputs, row_count);
  const absl::Duration compute_time = clock_.Monotonic() - start;
  if (prediction.ok() && observer_ != nullptr) {
    const v1::ModelVersion& version = *batch.front().version;
    observer_->OnBatch({version.model(), version.version(), static_cast<int64_t>(batch.size()),
                        row_count, prediction->times});
  }
  int64_t first_row = 0;
  for (PendingPredict& pending : batch) {
    const absl::Duration queue_time = start - pending.arrival;
    if (!prediction.ok()) {
      Refuse(pending, prediction.status(), queue_time);
      continue;
    }
    PredictOutcome outcome = OutcomeOf(pending, absl::StatusCode::kOk);
    outcome.queue_time = queue_time;
    outcome.compute_time = compute_time;
    outcome.batch_row_count = row_count;
    // Before the answer, so that whoever has it finds it counted.
    Observe(outcome);
    pending.done(Predicted{
        pending.version,
        batch.size() == 1 ? *prediction : SliceRows(*prediction, first_row, pending.row_count),
        queue_time, compute_time});
    first_row += pending.row_count;
  }
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
  PredictOutcome outcome = OutcomeOf(pending, status.code());
  outcome.queue_time = queue_time;
  Observe(outcome);
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

void PredictService::Observe(const PredictOutcome& outcome) const {
  if (observer_ != nullptr) observer_->OnPredict(outcome);
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
  // The token is the last name of the page before, so that models that come or go do no harm.
  for (v1::Model& model : store_.List()) {
    if (model.name() <= request.page_token()) continue;
    if (response.models_size() == page_size) {
      response.set_next_page_token(response.models(page_size - 1).name());
      break;
    }
    *response.add_models() = std::move(model);
  }
  return response;
}

}  // namespace traind
