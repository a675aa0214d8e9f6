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

void SetTimeout(grpc::ClientContext& context, absl::Duration timeout) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
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

// One batch at a time: its own connection, a stream that lives as long as the lane, and a
// queue that the caller itself waits on. A stream costs about half of a call per batch.
struct ServingLink::Lane {
  explicit Lane(const std::string& socket_path) : stub(Connect(socket_path)) {}
  ~Lane() {
    grpc::Status ignored;
    if (stream != nullptr && !finished) {
      context.TryCancel();
      stream->Finish(&ignored, nullptr);
    }
    queue.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue.Next(&tag, &ok)) {
    }
  }

  grpc::TemplatedGenericStub<grpc::ByteBuffer, worker::v1::RunResponse> stub;
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<grpc::ByteBuffer, worker::v1::RunResponse>> stream;
  bool finished = false;
};

class ServingLink::Breakable {
 public:
  Breakable(ServingLink& link, grpc::ClientContext& context) : link_(link), context_(context) {
    absl::MutexLock lock(&link_.mutex_);
    if (!link_.broken_.empty()) context_.TryCancel();
    link_.calls_.insert(&context_);
  }
  Breakable(const Breakable&) = delete;
  ~Breakable() {
    absl::MutexLock lock(&link_.mutex_);
    link_.calls_.erase(&context_);
  }

 private:
  ServingLink& link_;
  grpc::ClientContext& context_;
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
  {
    grpc::ClientContext context;
    SetTimeout(context, options_.limits.serving_load_timeout);
    const Breakable call(*this, context);
    const grpc::Status status = stub_->Load(&context, request, &response);
    if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
      BreakForTime("loaded a version", options_.limits.serving_load_timeout);
    }
    RETURN_IF_ERROR(Judge(status));
  }
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
  {
    Lane* const lane = TakeLane();
    const absl::Cleanup return_lane = [this, lane] { ReturnLane(lane); };
    const Breakable call(*this, lane->context);
    const grpc::Status status = Exchange(*lane, request, response);
    if (!status.ok()) {
      // Without its stream the lane is of no use; nearly always it is the process's end.
      Break(status.error_message().empty() ? "a stream ended" : status.error_message());
      return Judge(status);
    }
  }
  if (response.has_failure()) {
    const worker::v1::RunFailure& failure = response.failure();
    const auto code = static_cast<absl::StatusCode>(failure.code());
    if (code == absl::StatusCode::kUnavailable) return Lost(failure.message());
    return absl::Status(code, failure.message());
  }
  Prediction prediction = ToPrediction(response);
  ComputeTimes& times = prediction.times;
  // The way to the process and back counts as the way to the device.
  times.input =
      absl::FromChrono(std::chrono::steady_clock::now() - start) - times.infer - times.output;
  return prediction;
}

grpc::Status ServingLink::Exchange(Lane& lane, const grpc::ByteBuffer& request,
                                   worker::v1::RunResponse& response) {
  const grpc::Status over(grpc::StatusCode::UNAVAILABLE, "its stream of batches has ended");
  if (lane.finished) return over;
  bool ok = true;
  if (lane.stream == nullptr) {
    lane.stream = lane.stub.PrepareCall(&lane.context, kRunMethod, &lane.queue);
    lane.stream->StartCall(nullptr);
    ok = AwaitOperations(lane, 1);
  }
  if (ok) {
    lane.stream->Write(request, nullptr);
    lane.stream->Read(&response, nullptr);
    ok = AwaitOperations(lane, 2);
  }
  if (ok) return grpc::Status::OK;
  grpc::Status status;
  lane.finished = true;
  lane.stream->Finish(&status, nullptr);
  AwaitOperations(lane, 1);
  return status.ok() ? over : status;
}

bool ServingLink::AwaitOperations(Lane& lane, int count) {
  const absl::Duration timeout = options_.limits.serving_run_timeout;
  const auto deadline = absl::ToChronoTime(absl::Now() + timeout);
  bool all_ok = true;
  for (int i = 0; i < count; ++i) {
    void* tag = nullptr;
    bool ok = false;
    if (lane.queue.AsyncNext(&tag, &ok, deadline) == grpc::CompletionQueue::TIMEOUT) {
      BreakForTime("run a batch", timeout);
      lane.queue.Next(&tag, &ok);
    }
    all_ok = all_ok && ok;
  }
  return all_ok;
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
    grpc::ClientContext context;
    SetTimeout(context, options_.limits.serving_check_timeout);
    const Breakable call(*this, context);
    // One that does not answer is found by the checks.
    stub_->Unload(&context, request, &response);
  }
  if (options_.on_change) options_.on_change();
}

absl::Status ServingLink::Check(absl::Duration timeout) {
  grpc::ClientContext context;
  SetTimeout(context, timeout);
  context.set_wait_for_ready(true);
  const Breakable call(*this, context);
  worker::v1::CheckResponse response;
  const grpc::Status status = stub_->Check(&context, {}, &response);
  return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
}

void ServingLink::Break(absl::string_view reason) {
  absl::MutexLock lock(&mutex_);
  if (broken_.empty()) broken_ = std::string(reason);
  for (grpc::ClientContext* const context : calls_) context->TryCancel();
}

void ServingLink::Bury(absl::string_view reason) {
  absl::MutexLock lock(&mutex_);
  if (broken_.empty()) broken_ = std::string(reason);
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

void ServingLink::BreakForTime(absl::string_view what, absl::Duration timeout) {
  Break(absl::StrCat("it had not ", what, " within ", absl::FormatDuration(timeout)));
  if (options_.on_change) options_.on_change();
}

absl::Status ServingLink::Judge(const grpc::Status& status) const {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return absl::OkStatus();
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    // Nobody but Break cancels.
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::UNAVAILABLE: {
      const std::string reason = broken();
      return Lost(reason.empty() ? status.error_message() : reason);
    }
    default:
      return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
  }
}

absl::Status ServingLink::Lost(absl::string_view why) const {
  return absl::UnavailableError(absl::StrCat("the serving worker of ", options_.device,
                                             " was lost (", why, "); it is started again: retry"));
}

}  // namespace traind
