#include "server/serving/predict_service.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/serving/signature.h"

namespace traind {
namespace {

google::protobuf::Duration ToDuration(absl::Duration duration) {
  google::protobuf::Duration result;
  result.set_seconds(absl::ToInt64Seconds(duration));
  result.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(duration - absl::Seconds(result.seconds()))));
  return result;
}

template <typename T>
void AddOutput(const char* name, v1::DataType type, std::vector<int64_t> shape,
               const std::vector<T>& values, v1::PredictResponse& response) {
  v1::Tensor& tensor = *response.add_outputs();
  tensor.set_name(name);
  tensor.set_data_type(type);
  for (int64_t size : shape) tensor.add_shape(size);
  tensor.set_data(values.data(), values.size() * sizeof(T));
}

v1::PredictResponse ToResponse(const v1::ModelVersion& version, const Prediction& prediction) {
  v1::PredictResponse response;
  response.set_model(version.model());
  response.set_version(version.version());
  const int64_t rows = prediction.row_count;
  const int64_t classes = prediction.class_count;
  AddOutput("classes", v1::DATA_TYPE_INT64, {rows}, prediction.classes, response);
  AddOutput("logits", v1::DATA_TYPE_FP32, {rows, classes}, prediction.logits, response);
  AddOutput("probabilities", v1::DATA_TYPE_FP32, {rows, classes}, prediction.probabilities,
            response);
  return response;
}

absl::StatusOr<v1::ModelVersion> FindVersion(const ModelStore& store,
                                             const v1::PredictRequest& request) {
  if (request.model().empty()) {
    return absl::InvalidArgumentError("model: expected a model's name such as s4, got none");
  }
  if (request.selector_case() == v1::PredictRequest::kAlias) {
    return absl::NotFoundError(absl::StrCat("model ", request.model(), " has no alias \"",
                                            request.alias(),
                                            "\"; name a version or leave it out for the newest"));
  }
  if (request.selector_case() == v1::PredictRequest::kVersion && request.version() < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "version: expected 1 or more, or none for the newest, got ", request.version()));
  }
  return store.Get(request.model(), request.version());
}

}  // namespace

PredictService::PredictService(Options options, const ModelStore& store, ExecutorLoader& loader,
                               PredictObserver* observer, const Clock& clock)
    : options_(std::move(options)),
      store_(store),
      loader_(loader),
      observer_(observer),
      clock_(clock) {
  for (int i = 0; i < std::max(1, options_.thread_count); ++i) {
    threads_.emplace_back([this] { ExecutorLoop(); });
  }
}

PredictService::~PredictService() {
  std::multimap<absl::Time, Job> left;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    left.swap(queue_);
  }
  for (auto& [deadline, job] : left) {
    PredictOutcome outcome;
    outcome.model = job.version.model();
    outcome.version = job.version.version();
    Answer(job.done, outcome, job.arrival, absl::UnavailableError("the server is shutting down"));
  }
  for (std::thread& thread : threads_) thread.join();
}

void PredictService::Predict(const v1::PredictRequest& request, absl::Time deadline, Done done) {
  Job job{.request = &request,
          .version = {},
          .row_count = 0,
          .arrival = clock_.Now(),
          .deadline = deadline,
          .done = std::move(done)};
  PredictOutcome outcome;
  absl::StatusOr<v1::ModelVersion> version = FindVersion(store_, request);
  if (!version.ok()) return Answer(job.done, outcome, job.arrival, version.status());
  job.version = *std::move(version);
  outcome.model = job.version.model();
  outcome.version = job.version.version();
  const absl::StatusOr<int64_t> rows = CheckInputs(job.version, request.inputs(), options_.limits);
  if (!rows.ok()) return Answer(job.done, outcome, job.arrival, rows.status());
  job.row_count = outcome.row_count = *rows;

  const int64_t bytes = static_cast<int64_t>(request.inputs(0).data().size());
  absl::Status refused;
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) {
      refused = absl::UnavailableError("the server is shutting down");
    } else if (static_cast<int>(queue_.size()) >= options_.limits.predict_queue_max ||
               queued_bytes_ + bytes > options_.limits.predict_queue_bytes_max) {
      refused = absl::ResourceExhaustedError(
          absl::StrCat("the predict queue is full: ", queue_.size(), " requests wait (at most ",
                       options_.limits.predict_queue_max, ", predict_queue_max); retry later"));
    } else {
      queued_bytes_ += bytes;
      queue_.emplace(deadline, job);
    }
  }
  if (!refused.ok()) Answer(job.done, outcome, job.arrival, refused);
}

void PredictService::ExecutorLoop() {
  if (options_.thread_start) options_.thread_start();
  while (true) {
    std::optional<Job> job;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &PredictService::HasWork));
      if (queue_.empty()) return;
      job = std::move(queue_.begin()->second);
      queue_.erase(queue_.begin());
      queued_bytes_ -= static_cast<int64_t>(job->request->inputs(0).data().size());
    }
    PredictOutcome outcome;
    outcome.model = job->version.model();
    outcome.version = job->version.version();
    outcome.row_count = job->row_count;
    absl::StatusOr<v1::PredictResponse> response = Execute(*job, outcome);
    Answer(job->done, outcome, job->arrival, std::move(response));
  }
}

absl::StatusOr<v1::PredictResponse> PredictService::Execute(const Job& job,
                                                            PredictOutcome& outcome) {
  outcome.queue_time = clock_.Now() - job.arrival;
  if (clock_.Now() >= job.deadline) {
    return absl::DeadlineExceededError(absl::StrCat("the deadline passed after ",
                                                    absl::FormatDuration(*outcome.queue_time),
                                                    " in the queue, before the request ran"));
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<Executor> executor, FindOrLoad(job.version));
  const absl::Time start = clock_.Now();
  ASSIGN_OR_RETURN(const Prediction prediction,
                   executor->Run(job.request->inputs(0).data(), job.row_count));
  outcome.compute_time = clock_.Now() - start;
  v1::PredictResponse response = ToResponse(job.version, prediction);
  *response.mutable_queue_time() = ToDuration(*outcome.queue_time);
  *response.mutable_compute_time() = ToDuration(*outcome.compute_time);
  return response;
}

absl::StatusOr<std::shared_ptr<Executor>> PredictService::FindOrLoad(
    const v1::ModelVersion& version) {
  const ModelKey key{version.model(), version.version()};
  // Held while loading: a second request for the same version waits for the first load.
  absl::MutexLock lock(&models_mutex_);
  auto loaded = models_.find(key);
  if (loaded == models_.end()) {
    ASSIGN_OR_RETURN(std::shared_ptr<Executor> executor,
                     loader_.Load(version, store_.Directory(version.model(), version.version())));
    if (static_cast<int>(models_.size()) >= options_.limits.loaded_models_max) {
      models_.erase(std::min_element(models_.begin(), models_.end(), [](auto& a, auto& b) {
        return a.second.last_use < b.second.last_use;
      }));
    }
    loaded = models_.emplace(key, LoadedModel{std::move(executor)}).first;
  }
  loaded->second.last_use = ++use_counter_;
  return loaded->second.executor;
}

void PredictService::Answer(const Done& done, PredictOutcome outcome, absl::Time arrival,
                            absl::StatusOr<v1::PredictResponse> response) {
  outcome.code = response.status().code();
  outcome.total_time = clock_.Now() - arrival;
  // Before the answer, so that whoever has it finds it counted.
  if (observer_ != nullptr) observer_->OnPredict(outcome);
  done(std::move(response));
}

int PredictService::queue_depth() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<int>(queue_.size());
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
