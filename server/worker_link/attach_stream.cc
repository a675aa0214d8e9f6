#include "server/worker_link/attach_stream.h"

#include "absl/strings/str_cat.h"

namespace traind {
namespace {

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& socket_path,
                                           int64_t message_bytes_max) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(static_cast<int>(message_bytes_max));
  // A worker has one connection; it shares none with another channel.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(absl::StrCat("unix:", socket_path),
                                   grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

AttachStream::AttachStream(const std::string& socket_path, int64_t message_bytes_max)
    : socket_path_(socket_path),
      channel_(MakeChannel(socket_path, message_bytes_max)),
      stub_(worker::v1::WorkerService::NewStub(channel_)) {}

absl::Status AttachStream::Open(absl::Time deadline) {
  if (!channel_->WaitForConnected(absl::ToChronoTime(deadline))) {
    return absl::UnavailableError(
        absl::StrCat("no server listens on socket ", socket_path_, "; is traind running?"));
  }
  stream_ = stub_->Attach(&context_);
  return absl::OkStatus();
}

absl::Status AttachStream::Finish() {
  const grpc::Status status = stream_->Finish();
  // Both libraries number their codes alike.
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

}  // namespace traind
