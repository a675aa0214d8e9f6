#include "client/dataset_pusher.h"

#include <algorithm>
#include <memory>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/rpc_status.h"

namespace traind {
namespace {

bool IsPassing(const absl::Status& status) {
  // ABORTED: an earlier stream of this push is not over yet. DEADLINE_EXCEEDED: the stream's,
  // not the push's.
  return absl::IsUnavailable(status) || absl::IsAborted(status) || absl::IsCancelled(status) ||
         absl::IsDeadlineExceeded(status);
}

}  // namespace

DatasetPusher::DatasetPusher(Server server, const ClientOptions& options, PushSource& source)
    : server_(std::move(server)),
      options_(options),
      source_(source),
      waiter_(options.waiter != nullptr ? *options.waiter : SystemWaiter()),
      backoff_(options.backoff, std::random_device()()),
      last_advance_(waiter_.Now()) {}

absl::StatusOr<v1::Dataset> DatasetPusher::Push() {
  int64_t received_bytes = -1;
  while (true) {
    const absl::StatusOr<v1::DatasetPush> push = server_.begin();
    if (!push.ok()) return push.status();
    if (push->has_dataset()) return push->dataset();
    // While the server reads the files nothing advances, however long it takes.
    const bool complete = push->received_bytes() == push->total_bytes();
    if (push->received_bytes() > received_bytes || complete) last_advance_ = waiter_.Now();
    if (push->received_bytes() > received_bytes) backoff_.Reset();
    received_bytes = push->received_bytes();
    absl::StatusOr<v1::Dataset> dataset = Send(*push);
    if (dataset.ok() || !IsPassing(dataset.status())) return dataset;
    if (absl::Status waited = WaitToRetry(dataset.status()); !waited.ok()) return waited;
  }
}

absl::StatusOr<v1::Dataset> DatasetPusher::Send(const v1::DatasetPush& push) {
  grpc::ClientContext context;
  const std::string request_id = server_.prepare(context);
  std::stop_callback cancel(options_.stop, [&context] { context.TryCancel(); });
  v1::Dataset dataset;
  const std::unique_ptr<grpc::ClientWriterInterface<v1::PushDatasetRequest>> stream =
      server_.datasets->PushDataset(&context, &dataset);
  v1::PushDatasetRequest piece;
  piece.set_push_id(push.id());
  int64_t offset = push.received_bytes();
  source_.OnProgress(offset, push.total_bytes());
  do {  // at least one message, which names the push
    piece.set_offset(offset);
    piece.clear_data();
    if (offset < push.total_bytes()) {
      absl::StatusOr<std::string> bytes =
          source_.Read(offset, std::min(kPushPieceBytes, push.total_bytes() - offset));
      if (!bytes.ok()) {
        context.TryCancel();
        (void)stream->Finish();
        return bytes.status();
      }
      piece.set_data(*std::move(bytes));
    }
    if (!stream->Write(piece)) break;  // Finish says why
    offset += static_cast<int64_t>(piece.data().size());
    source_.OnProgress(offset, push.total_bytes());
  } while (offset < push.total_bytes());
  stream->WritesDone();
  const grpc::Status status = stream->Finish();
  if (status.ok()) return dataset;
  if (options_.stop.stop_requested()) {
    return absl::FailedPreconditionError("interrupted; the same push goes on from where it was");
  }
  return FromRpcStatus(status, server_.address, request_id);
}

absl::Status DatasetPusher::WaitToRetry(const absl::Status& reason) {
  if (waiter_.Now() - last_advance_ > options_.backoff.give_up_after) return reason;
  waiter_.Wait(backoff_.Next(), options_.stop);
  if (options_.stop.stop_requested()) return absl::CancelledError("interrupted");
  server_.reconnect(options_.stop);
  return absl::OkStatus();
}

}  // namespace traind
