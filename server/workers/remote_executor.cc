#include "server/workers/remote_executor.h"

namespace traind {

absl::StatusOr<Prediction> RemoteExecutor::Run(absl::Span<const absl::string_view> inputs,
                                               int64_t row_count) {
  // A process that ended before its last load was known to whom on_lost tells would leave
  // that version loaded, and dead, for ever.
  if (!link_->broken().empty() && !told_.exchange(true)) tell_lost_();
  return link_->Run(loaded_.handle, inputs, row_count);
}

}  // namespace traind
