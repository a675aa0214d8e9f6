#include "client/module_sender.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include "client/rpc_status.h"

namespace traind {

absl::StatusOr<v1::Module> SendModule(const ModuleServer& server, const v1::ModuleHeader& header,
                                      PushSource& source, const std::stop_token& stop) {
  grpc::ClientContext context;
  const std::string request_id = server.prepare(context);
  std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
  v1::Module module;
  const std::unique_ptr<grpc::ClientWriterInterface<v1::PushModuleRequest>> stream =
      server.modules->PushModule(&context, &module);
  v1::PushModuleRequest piece;
  *piece.mutable_header() = header;
  int64_t offset = 0;
  // The header goes alone: it may be all that the server needs.
  bool goes_on = stream->Write(piece);
  piece.clear_header();
  while (goes_on && offset < header.size_bytes()) {
    absl::StatusOr<std::string> bytes =
        source.Read(offset, std::min(kPushPieceBytes, header.size_bytes() - offset));
    if (!bytes.ok()) {
      context.TryCancel();
      (void)stream->Finish();
      return bytes.status();
    }
    piece.set_data(*std::move(bytes));
    offset += static_cast<int64_t>(piece.data().size());
    goes_on = stream->Write(piece);  // when not, Finish says why
    source.OnProgress(offset, header.size_bytes());
  }
  stream->WritesDone();
  const grpc::Status status = stream->Finish();
  if (status.ok()) return module;
  if (stop.stop_requested()) return absl::CancelledError("interrupted");
  return FromRpcStatus(status, server.address, request_id);
}

}  // namespace traind
