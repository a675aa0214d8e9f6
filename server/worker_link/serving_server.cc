#include "server/worker_link/serving_server.h"

#include <grpcpp/grpcpp.h>

#include <optional>
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

// One call at a time, start to end, on the thread that waits for it: what reads the
// socket also computes, with no thread to wake in between.
template <typename Request, typename Response>
class CallLoop {
 public:
  explicit CallLoop(std::unique_ptr<grpc::ServerCompletionQueue> queue)
      : queue_(std::move(queue)) {}
  // After the server is shut down, or has not started: a queue must be emptied.
  ~CallLoop() {
    queue_->Shutdown();
    while (WaitForQueue()) {
    }
  }

  // Answers calls until the server is shut down. `request_call` asks gRPC for one. Tells
  // `executors` of each call and answer.
  template <typename RequestCall, typename Answer>
  void Serve(LoadedExecutors& executors, const RequestCall& request_call, const Answer& answer) {
    while (true) {
      grpc::ServerContext context;
      grpc::ServerAsyncResponseWriter<Response> writer(&context);
      Request request;
      request_call(&context, &request, &writer, queue_.get());
      if (!WaitForStep()) return;
      executors.NoteCall();
      absl::StatusOr<Response> response = answer(request);
      if (response.ok()) {
        writer.Finish(*response, grpc::Status::OK, this);
      } else {
        writer.FinishWithError(ToGrpc(response.status()), this);
      }
      WaitForStep();  // an answer that nobody takes is no reason to end
      executors.NoteAnswer();
    }
  }

 private:
  // False when the step did not happen: the server is shutting down, or the caller left.
  bool WaitForStep() { return WaitForQueue() && step_was_ok_; }
  bool WaitForQueue() {
    void* tag = nullptr;
    return queue_->Next(&tag, &step_was_ok_);
  }

  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  bool step_was_ok_ = false;
};

using CheckLoop = CallLoop<worker::v1::CheckRequest, worker::v1::CheckResponse>;
using LoadLoop = CallLoop<worker::v1::LoadRequest, worker::v1::LoadResponse>;
using UnloadLoop = CallLoop<worker::v1::UnloadRequest, worker::v1::UnloadResponse>;
using RunLoop = CallLoop<grpc::ByteBuffer, grpc::ByteBuffer>;

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
    check_loop_.emplace(builder.AddCompletionQueue());
    load_loop_.emplace(builder.AddCompletionQueue());
    unload_loop_.emplace(builder.AddCompletionQueue());
    for (int i = 0; i < options_.thread_count; ++i) {
      run_loops_.push_back(std::make_unique<RunLoop>(builder.AddCompletionQueue()));
    }
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) {
      return absl::UnavailableError(absl::StrCat("cannot listen on socket ", options_.socket_path));
    }
    threads_.emplace_back([this] { ServeChecks(); });
    threads_.emplace_back([this] { ServeLoads(); });
    threads_.emplace_back([this] { ServeUnloads(); });
    for (const std::unique_ptr<RunLoop>& loop : run_loops_) {
      threads_.emplace_back([this, loop = loop.get()] { ServeRuns(*loop); });
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
  void ServeChecks() {
    check_loop_->Serve(
        executors_,
        [this](auto* context, auto* request, auto* writer, auto* queue) {
          RequestCheck(context, request, writer, queue, queue, this);
        },
        [](const worker::v1::CheckRequest&) -> absl::StatusOr<worker::v1::CheckResponse> {
          return worker::v1::CheckResponse();
        });
  }

  void ServeUnloads() {
    unload_loop_->Serve(
        executors_,
        [this](auto* context, auto* request, auto* writer, auto* queue) {
          RequestUnload(context, request, writer, queue, queue, this);
        },
        [this](const worker::v1::UnloadRequest& request)
            -> absl::StatusOr<worker::v1::UnloadResponse> {
          executors_.Unload(request.handle());
          return worker::v1::UnloadResponse();
        });
  }

  void ServeLoads() {
    if (options_.thread_start) options_.thread_start();
    load_loop_->Serve(
        executors_,
        [this](auto* context, auto* request, auto* writer, auto* queue) {
          RequestLoad(context, request, writer, queue, queue, this);
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

  void ServeRuns(RunLoop& loop) {
    if (options_.thread_start) options_.thread_start();
    loop.Serve(
        executors_,
        [this](auto* context, auto* request, auto* writer, auto* queue) {
          RequestRun(context, request, writer, queue, queue, this);
        },
        [this](grpc::ByteBuffer& request) -> absl::StatusOr<grpc::ByteBuffer> {
          const absl::StatusOr<RunMessage> message = ReadRunMessage(request);
          if (!message.ok()) return message.status();
          const absl::StatusOr<Prediction> prediction =
              executors_.Run(message->handle, message->inputs, message->row_count);
          if (!prediction.ok()) return prediction.status();
          return WriteRunResponse(*prediction);
        });
  }

  // Constant after construction.
  const Options options_;
  // Synchronises itself.
  LoadedExecutors executors_;
  // Made by Listen. The queues go after the server.
  std::optional<CheckLoop> check_loop_;
  std::optional<LoadLoop> load_loop_;
  std::optional<UnloadLoop> unload_loop_;
  std::vector<std::unique_ptr<RunLoop>> run_loops_;
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
