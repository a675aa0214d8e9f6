#include "server/worker_link/serving_server.h"

#include <grpcpp/grpcpp.h>

#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/worker_link/loaded_executors.h"
#include "server/worker_link/run_message.h"
#include "traind/worker/v1/serving_service.grpc.pb.h"

namespace traind {
namespace {

using worker::v1::ServingService;

// For the answers that tell of a lost device to leave.
constexpr absl::Duration kLastAnswersGrace = absl::Seconds(1);

// Both enums follow google.rpc.Code; the public border proves it name by name.
grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

// No method by callback: gRPC would start threads of its own for those, which read a
// batch's socket too, only to wake the thread that runs it.
using AsyncControl = ServingService::WithAsyncMethod_Check<
    ServingService::WithAsyncMethod_Unload<ServingService::Service>>;
using AsyncService =
    ServingService::WithRawMethod_Run<ServingService::WithAsyncMethod_Load<AsyncControl>>;

// A queue that one thread waits on, for one thing at a time: what reads the socket also
// computes, with no thread to wake in between.
class StepQueue {
 public:
  explicit StepQueue(std::unique_ptr<grpc::ServerCompletionQueue> queue)
      : queue_(std::move(queue)) {}
  // After the server is shut down, or has not started: a queue must be emptied.
  ~StepQueue() {
    queue_->Shutdown();
    while (WaitForEvent()) {
    }
  }

  grpc::ServerCompletionQueue* get() { return queue_.get(); }
  // False when the step did not happen: the server is shutting down, or the caller left.
  bool WaitForStep() { return WaitForEvent() && step_was_ok_; }

 private:
  bool WaitForEvent() {
    void* tag = nullptr;
    return queue_->Next(&tag, &step_was_ok_);
  }

  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  bool step_was_ok_ = false;
};

// Answers calls of one kind, one after the other, until the server is shut down.
// `request_call` asks gRPC for one.
template <typename Request, typename Response, typename RequestCall, typename Answer>
void ServeCalls(StepQueue& queue, LoadedExecutors& executors, const RequestCall& request_call,
                const Answer& answer) {
  while (true) {
    grpc::ServerContext context;
    grpc::ServerAsyncResponseWriter<Response> writer(&context);
    Request request;
    request_call(&context, &request, &writer);
    if (!queue.WaitForStep()) return;
    executors.NoteCall();
    const absl::StatusOr<Response> response = answer(request);
    if (response.ok()) {
      writer.Finish(*response, grpc::Status::OK, nullptr);
    } else {
      writer.FinishWithError(ToGrpc(response.status()), nullptr);
    }
    queue.WaitForStep();  // an answer that nobody takes is no reason to end
    executors.NoteAnswer();
  }
}

absl::StatusOr<Prediction> RunBatch(LoadedExecutors& executors, grpc::ByteBuffer& request) {
  const absl::StatusOr<RunMessage> message = ReadRunMessage(request);
  if (!message.ok()) return message.status();
  return executors.Run(message->handle, message->inputs, message->row_count);
}

}  // namespace

class ServingServer::Service : public AsyncService {
 public:
  Service(Options options, ExecutorLoader& loader)
      : options_(std::move(options)), executors_(loader, options_.device_works) {}
  ~Service() override { Shutdown(absl::UnixEpoch()); }

  absl::Status Listen() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(absl::StrCat("unix:", options_.socket_path),
                             grpc::InsecureServerCredentials());
    builder.RegisterService(this);
    // The rows of a batch are bounded where it is put together.
    builder.SetMaxReceiveMessageSize(-1);
    for (int i = 0; i < kControlThreads + options_.thread_count; ++i) {
      queues_.push_back(std::make_unique<StepQueue>(builder.AddCompletionQueue()));
    }
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) {
      return absl::UnavailableError(absl::StrCat("cannot listen on socket ", options_.socket_path));
    }
    threads_.emplace_back([this] { ServeChecks(*queues_[0]); });
    threads_.emplace_back([this] { ServeLoads(*queues_[1]); });
    threads_.emplace_back([this] { ServeUnloads(*queues_[2]); });
    for (size_t i = kControlThreads; i < queues_.size(); ++i) {
      threads_.emplace_back([this, queue = queues_[i].get()] { ServeRuns(*queue); });
    }
    return absl::OkStatus();
  }

  void Shutdown(absl::Time deadline) {
    if (threads_.empty()) return;
    server_->Shutdown(absl::ToChronoTime(deadline));
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  LoadedExecutors& executors() { return executors_; }

 private:
  static constexpr int kControlThreads = 3;

  void ServeChecks(StepQueue& queue) {
    ServeCalls<worker::v1::CheckRequest, worker::v1::CheckResponse>(
        queue, executors_,
        [&](auto* context, auto* request, auto* writer) {
          RequestCheck(context, request, writer, queue.get(), queue.get(), nullptr);
        },
        [](const worker::v1::CheckRequest&) -> absl::StatusOr<worker::v1::CheckResponse> {
          return worker::v1::CheckResponse();
        });
  }

  void ServeUnloads(StepQueue& queue) {
    ServeCalls<worker::v1::UnloadRequest, worker::v1::UnloadResponse>(
        queue, executors_,
        [&](auto* context, auto* request, auto* writer) {
          RequestUnload(context, request, writer, queue.get(), queue.get(), nullptr);
        },
        [this](const worker::v1::UnloadRequest& request)
            -> absl::StatusOr<worker::v1::UnloadResponse> {
          executors_.Unload(request.handle());
          return worker::v1::UnloadResponse();
        });
  }

  void ServeLoads(StepQueue& queue) {
    if (options_.thread_start) options_.thread_start();
    ServeCalls<worker::v1::LoadRequest, worker::v1::LoadResponse>(
        queue, executors_,
        [&](auto* context, auto* request, auto* writer) {
          RequestLoad(context, request, writer, queue.get(), queue.get(), nullptr);
        },
        [this](const worker::v1::LoadRequest& request) -> absl::StatusOr<worker::v1::LoadResponse> {
          const absl::StatusOr<LoadedExecutors::Loaded> loaded =
              executors_.Load(request.version(), request.directory());
          if (!loaded.ok()) return loaded.status();
          worker::v1::LoadResponse response;
          response.set_handle(loaded->handle);
          response.set_memory_bytes(loaded->memory_bytes);
          return response;
        });
  }

  // One stream of batches after the other.
  void ServeRuns(StepQueue& queue) {
    if (options_.thread_start) options_.thread_start();
    while (true) {
      grpc::ServerContext context;
      grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer> stream(&context);
      RequestRun(&context, &stream, queue.get(), queue.get(), nullptr);
      if (!queue.WaitForStep()) return;
      bool goes_on = true;
      while (goes_on) {
        grpc::ByteBuffer request;
        stream.Read(&request, nullptr);
        if (!queue.WaitForStep()) break;
        executors_.NoteCall();
        stream.Write(WriteRunResponse(RunBatch(executors_, request)), nullptr);
        goes_on = queue.WaitForStep();
        executors_.NoteAnswer();
      }
      stream.Finish(grpc::Status::OK, nullptr);
      queue.WaitForStep();
    }
  }

  // Constant after construction.
  const Options options_;
  // Synchronises itself.
  LoadedExecutors executors_;
  // Made by Listen. The queues go after the server.
  std::vector<std::unique_ptr<StepQueue>> queues_;
  std::unique_ptr<grpc::Server> server_;
  std::vector<std::thread> threads_;
};

ServingServer::ServingServer(std::unique_ptr<Service> service) : service_(std::move(service)) {}

ServingServer::~ServingServer() { Shutdown(absl::UnixEpoch()); }

absl::StatusOr<std::unique_ptr<ServingServer>> ServingServer::Start(Options options,
                                                                    ExecutorLoader& loader) {
  auto service = std::make_unique<Service>(std::move(options), loader);
  const absl::Status listening = service->Listen();
  if (!listening.ok()) return listening;
  return std::unique_ptr<ServingServer>(new ServingServer(std::move(service)));
}

void ServingServer::WaitForLostDevice() {
  service_->executors().WaitForLostDevice(kLastAnswersGrace);
}

void ServingServer::Shutdown(absl::Time deadline) { service_->Shutdown(deadline); }

}  // namespace traind
