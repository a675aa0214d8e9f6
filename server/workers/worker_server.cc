#include "server/workers/worker_server.h"

#include <grpcpp/grpcpp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/workers/attach_reactor.h"
#include "server/workers/attached_workers.h"
#include "server/workers/dispatcher.h"

namespace traind {
namespace {

// One byte of the kernel's field is for the terminating zero.
constexpr size_t kSocketPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;

absl::Status CheckSocketPath(const std::string& path) {
  if (path.size() <= kSocketPathBytesMax) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("socket path ", path, ": expected at most ",
                                                 kSocketPathBytesMax, " bytes, got ", path.size(),
                                                 "; choose a data directory with a shorter path"));
}

// Makes the directory this user's alone: whoever reaches the socket is a worker.
absl::Status MakePrivateDirectory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return absl::PermissionDeniedError(absl::StrCat("cannot create directory ", path, ": ",
                                                    std::generic_category().message(errno)));
  }
  struct stat found = {};
  if (lstat(path.c_str(), &found) != 0 || !S_ISDIR(found.st_mode) || found.st_uid != geteuid() ||
      chmod(path.c_str(), 0700) != 0) {
    return absl::PermissionDeniedError(
        absl::StrCat("expected a directory of this user at ", path, ", got something else"));
  }
  return absl::OkStatus();
}

}  // namespace

class WorkerServer::Service : public worker::v1::WorkerService::CallbackService {
 public:
  Service(AttemptHandler& handler, const Limits& limits) : handler_(handler), limits_(limits) {}
  ~Service() override { Shutdown(absl::UnixEpoch()); }

  absl::Status Listen(const std::string& socket_path) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(absl::StrCat("unix:", socket_path), grpc::InsecureServerCredentials());
    builder.RegisterService(this);
    builder.SetMaxReceiveMessageSize(static_cast<int>(limits_.message_bytes_max));
    server_ = builder.BuildAndStart();
    if (server_ != nullptr) return absl::OkStatus();
    return absl::UnavailableError(absl::StrCat("cannot listen on socket ", socket_path));
  }

  grpc::ServerBidiReactor<worker::v1::AttachRequest, worker::v1::AttachResponse>* Attach(
      grpc::CallbackServerContext* /*context*/) override {
    return AttachReactor::Start(handler_, workers_, dispatcher_, limits_);
  }

  // False when there is nothing left to shut down.
  bool Shutdown(absl::Time deadline) {
    if (server_ == nullptr) return false;
    server_->Shutdown(absl::ToChronoTime(deadline));
    workers_.WaitForNoStreams();
    server_->Wait();
    server_.reset();
    return true;
  }

  AttachedWorkers& workers() { return workers_; }

 private:
  AttemptHandler& handler_;
  const Limits limits_;
  AttachedWorkers workers_;
  Dispatcher dispatcher_;
  std::unique_ptr<grpc::Server> server_;
};

WorkerServer::WorkerServer(std::string socket_path) : socket_path_(std::move(socket_path)) {}

WorkerServer::~WorkerServer() { Shutdown(absl::UnixEpoch()); }

absl::StatusOr<std::unique_ptr<WorkerServer>> WorkerServer::Start(const Options& options,
                                                                  AttemptHandler& handler) {
  std::unique_ptr<WorkerServer> server(new WorkerServer(SocketPath(options.socket_directory)));
  RETURN_IF_ERROR(CheckSocketPath(server->socket_path_));
  RETURN_IF_ERROR(MakePrivateDirectory(options.socket_directory));
  auto service = std::make_unique<Service>(handler, options.limits);
  RETURN_IF_ERROR(service->Listen(server->socket_path_));
  server->service_ = std::move(service);
  return server;
}

std::string WorkerServer::SocketPath(const std::string& socket_directory) {
  return absl::StrCat(socket_directory, "/worker.sock");
}

void WorkerServer::RequestStop(const AttemptKey& attempt, absl::Duration grace) {
  service_->workers().RequestStop(attempt, grace);
}

void WorkerServer::Shutdown(absl::Time deadline) {
  // Once only: a later server may have taken the socket's name since.
  if (service_ != nullptr && service_->Shutdown(deadline)) unlink(socket_path_.c_str());
}

}  // namespace traind
