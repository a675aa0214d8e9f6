#ifndef TRAIND_SERVER_WORKER_LINK_ATTACH_STREAM_H_
#define TRAIND_SERVER_WORKER_LINK_ATTACH_STREAM_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "traind/worker/v1/worker_service.grpc.pb.h"

namespace traind {

// The worker's end of WorkerService.Attach over a Unix socket. One thread may
// read while another one writes; Cancel may come from any thread.
class AttachStream {
 public:
  AttachStream(const std::string& socket_path, int64_t message_bytes_max);

  // Connects and starts the stream. UNAVAILABLE when nobody listens until the deadline.
  absl::Status Open(absl::Time deadline);

  // False when the stream has ended.
  bool Read(worker::v1::AttachResponse& response) { return stream_->Read(&response); }
  bool Write(const worker::v1::AttachRequest& request) { return stream_->Write(request); }
  void WritesDone() { stream_->WritesDone(); }
  // How the stream ended; after Read has returned false.
  absl::Status Finish();
  void Cancel() { context_.TryCancel(); }

 private:
  const std::string socket_path_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<worker::v1::WorkerService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<worker::v1::AttachRequest, worker::v1::AttachResponse>>
      stream_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_WORKER_LINK_ATTACH_STREAM_H_
