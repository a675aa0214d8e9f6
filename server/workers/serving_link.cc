#include "server/workers/serving_link.h"

#include <grpcpp/generic/generic_stub.h>

#include <chrono>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/base/status_macros.h"

namespace traind {

using worker::v1::ServingService;

namespace {

constexpr char kRunMethod[] = "/traind.worker.v1.ServingService/Run";
// Field 3, bytes: https://protobuf.dev/programming-guides/encoding.
constexpr uint8_t kInputsTag = worker::v1::RunRequest::kInputsFieldNumber << 3 | 2;
// A header of tags and three numbers of at most ten bytes each.
constexpr size_t kHeaderBytesMax = 3 * 11;

std::shared_ptr<grpc::Channel> Connect(const std::string& socket_path) {
  grpc::ChannelArguments arguments;
  // A connection per channel, so that batches do not share one.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // A batch that has killed one worker shall not be sent to the next by gRPC.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // The rows of a batch are bounded where it is put together.
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetMaxSendMessageSize(-1);
  return grpc::CreateCustomChannel(absl::StrCat("unix:", socket_path),
                                   grpc::InsecureChannelCredentials(), arguments);
}

// A worker.v1.RunRequest, with one copy of the input: that which joins it.
grpc::ByteBuffer WriteRunRequest(int64_t handle, absl::Span<const absl::string_view> inputs,
                                 int64_t row_count) {
  worker::v1::RunRequest header;
  header.set_handle(handle);
  header.set_row_count(row_count);
  uint8_t start[kHeaderBytesMax];
  uint8_t* end = start + header.ByteSizeLong();
  header.SerializeWithCachedSizesToArray(start);
  size_t input_bytes = 0;
  for (const absl::string_view input : inputs) input_bytes += input.size();
  *end++ = kInputsTag;
  size_t left = input_bytes;
  for (; left >= 0x80; left >>= 7) *end++ = static_cast<uint8_t>(left | 0x80);
  *end++ = static_cast<uint8_t>(left);

  const auto header_bytes = static_cast<size_t>(end - start);
  grpc::Slice slice(header_bytes + input_bytes);
  uint8_t* target = const_cast<uint8_t*>(slice.begin());
  std::memcpy(target, start, header_bytes);
  target += header_bytes;
  for (const absl::string_view input : inputs) {
    std::memcpy(target, input.data(), input.size());
    target += input.size();
  }
  return {&slice, 1};
}

Prediction ToPrediction(const worker::v1::RunResponse& response) {
  return {response.row_count(),
          response.class_count(),
          {response.classes().begin(), response.classes().end()},
          {response.logits().begin(), response.logits().end()},
          {response.probabilities().begin(), response.probabilities().end()},
          {absl::Nanoseconds(response.input_nanos()), absl::Nanoseconds(response.infer_nanos()),
           absl::Nanoseconds(response.output_nanos())}};
}

}  // namespace

// One batch at a time: its own connection, and a queue that the caller itself waits on.
struct ServingLink::Lane {
  explicit Lane(const std::string& socket_path) : stub(Connect(socket_path)) {}
  ~Lane() {
    queue.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue.Next(&tag, &ok)) {
    }
  }

  grpc::TemplatedGenericStub<grpc::ByteBuffer, worker::v1::RunResponse> stub;
  grpc::CompletionQueue queue;
};

// A call's context, which Break can cancel.
class ServingLink::Call {
 public:
  Call(ServingLink& link, absl::Duration timeout) : link_(link) {
    context_.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
    absl::MutexLock lock(&link_.mutex_);
    if (!link_.broken_.empty()) context_.TryCancel();
    link_.calls_.insert(&context_);
  }
  Call(const Call&) = delete;
  ~Call() {
    absl::MutexLock lock(&link_.mutex_);
    link_.calls_.erase(&context_);
  }

  grpc::ClientContext* context() { return &context_; }

 private:
  ServingLink& link_;
  grpc::ClientContext context_;
};

ServingLink::ServingLink(Options options)
    : options_(std::move(options)), stub_(ServingService::NewStub(Connect(options_.socket_path))) {
  for (int i = 0; i < options_.lane_count; ++i) {
    lanes_.push_back(std::make_unique<Lane>(options_.socket_path));
    free_lanes_.push_back(lanes_.back().get());
  }
}

ServingLink::~ServingLink() = default;

absl::StatusOr<ServingLink::Loaded> ServingLink::Load(const v1::ModelVersion& version,
                                                      const std::string& directory) {
  worker::v1::LoadRequest request;
  *request.mutable_version() = version;
  request.set_directory(directory);
  worker::v1::LoadResponse response;
  Call call(*this, options_.limits.serving_load_timeout);
  RETURN_IF_ERROR(Judge(stub_->Load(call.context(), request, &response), "loaded a version",
                        options_.limits.serving_load_timeout));
  Loaded loaded{version.model(), version.version(), response.handle(), response.memory_bytes()};
  absl::MutexLock lock(&mutex_);
  // Whoever broke the link has told already what was lost with it.
  if (!broken_.empty()) return absl::UnavailableError(broken_);
  loaded_[loaded.handle] = loaded;
  return loaded;
}

absl::StatusOr<Prediction> ServingLink::Run(int64_t handle,
                                            absl::Span<const absl::string_view> inputs,
                                            int64_t row_count) {
  const auto start = std::chrono::steady_clock::now();
  const grpc::ByteBuffer request = WriteRunRequest(handle, inputs, row_count);
  worker::v1::RunResponse response;
  grpc::Status status;
  {
    Lane* const lane = TakeLane();
    const absl::Cleanup return_lane = [this, lane] { ReturnLane(lane); };
    Call call(*this, options_.limits.serving_run_timeout);
    const auto reader =
        lane->stub.PrepareUnaryCall(call.context(), kRunMethod, request, &lane->queue);
    reader->StartCall();
    reader->Finish(&response, &status, lane);
    void* tag = nullptr;
    bool ok = false;
    lane->queue.Next(&tag, &ok);
  }
  RETURN_IF_ERROR(Judge(status, "run a batch", options_.limits.serving_run_timeout));
  Prediction prediction = ToPrediction(response);
  ComputeTimes& times = prediction.times;
  // The way to the process and back counts as the way to the device.
  times.input =
      absl::FromChrono(std::chrono::steady_clock::now() - start) - times.infer - times.output;
  return prediction;
}

void ServingLink::Unload(int64_t handle) {
  {
    absl::MutexLock lock(&mutex_);
    // With the process everything is given up; what was lost stays told.
    if (!broken_.empty() || loaded_.erase(handle) == 0) return;
  }
  worker::v1::UnloadRequest request;
  request.set_handle(handle);
  worker::v1::UnloadResponse response;
  {
    Call call(*this, options_.limits.serving_check_timeout);
    // One that does not answer is found by the checks.
    stub_->Unload(call.context(), request, &response);
  }
  if (options_.on_change) options_.on_change();
}

absl::Status ServingLink::Check(absl::Duration timeout) {
  Call call(*this, timeout);
  call.context()->set_wait_for_ready(true);
  worker::v1::CheckResponse response;
  const grpc::Status status = stub_->Check(call.context(), {}, &response);
  return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
}

void ServingLink::Break(absl::string_view reason) {
  absl::MutexLock lock(&mutex_);
  if (!broken_.empty()) return;
  broken_ = std::string(reason);
  for (grpc::ClientContext* const context : calls_) context->TryCancel();
}

std::string ServingLink::broken() const {
  absl::MutexLock lock(&mutex_);
  return broken_;
}

std::vector<ServingLink::Loaded> ServingLink::loaded() const {
  absl::MutexLock lock(&mutex_);
  std::vector<Loaded> loaded;
  for (const auto& [unused, entry] : loaded_) loaded.push_back(entry);
  return loaded;
}

ServingLink::Lane* ServingLink::TakeLane() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &ServingLink::HasLane));
  Lane* const lane = free_lanes_.back();
  free_lanes_.pop_back();
  return lane;
}

void ServingLink::ReturnLane(Lane* lane) {
  absl::MutexLock lock(&mutex_);
  free_lanes_.push_back(lane);
}

absl::Status ServingLink::Judge(const grpc::Status& status, absl::string_view what,
                                absl::Duration timeout) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return absl::OkStatus();
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      Break(absl::StrCat("it had not ", what, " within ", absl::FormatDuration(timeout)));
      if (options_.on_change) options_.on_change();
      [[fallthrough]];
    // Nobody but Break cancels.
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::UNAVAILABLE: {
      const std::string reason = broken();
      return absl::UnavailableError(absl::StrCat(
          "the serving worker of ", options_.device, " was lost (",
          reason.empty() ? status.error_message() : reason, "); it is started again: retry"));
    }
    default:
      return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
  }
}

}  // namespace traind
