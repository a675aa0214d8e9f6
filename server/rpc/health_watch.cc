#include "server/rpc/health_watch.h"

#include "server/rpc/grpc_status.h"
#include "server/rpc/health_rpc.h"

namespace traind {

void HealthWatch::Tell(Health health) {
  absl::MutexLock lock(&mutex_);
  told_ = health;
  WriteIfNews();
}

void HealthWatch::End(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  if (!end_.has_value()) end_ = status;
  FinishIfEnding();
}

void HealthWatch::OnWriteDone(bool ok) {
  absl::MutexLock lock(&mutex_);
  writing_ = false;
  if (!ok && !end_.has_value()) end_ = absl::CancelledError("the client went away");
  FinishIfEnding();
  WriteIfNews();
}

void HealthWatch::OnCancel() { End(absl::CancelledError("the client went away")); }

void HealthWatch::OnDone() {
  on_done_(*this);
  delete this;
}

void HealthWatch::WriteIfNews() {
  if (writing_ || end_.has_value() || told_ == written_) return;
  writing_ = true;
  written_ = told_;
  response_.set_status(ToServingStatus(*told_));
  StartWrite(&response_);
}

void HealthWatch::FinishIfEnding() {
  if (writing_ || finished_ || !end_.has_value()) return;
  finished_ = true;
  Finish(ToGrpcStatus(*end_));
}

}  // namespace traind
