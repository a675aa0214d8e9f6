#include "server/workers/attach_reactor.h"

#include <google/protobuf/util/time_util.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

using worker::v1::AttachRequest;

// Both libraries number their codes alike.
static_assert(static_cast<int>(absl::StatusCode::kUnauthenticated) ==
              static_cast<int>(grpc::StatusCode::UNAUTHENTICATED));
grpc::Status ToGrpc(const absl::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()));
}

}  // namespace

AttachReactor* AttachReactor::Start(AttemptHandler& handler, AttachedWorkers& workers,
                                    Dispatcher& dispatcher, const Limits& limits) {
  auto* reactor = new AttachReactor(handler, workers, dispatcher, limits);
  reactor->self_ = std::shared_ptr<AttachReactor>(reactor);
  workers.StreamBegins();
  reactor->StartRead(&reactor->request_);
  return reactor;
}

void AttachReactor::OnReadDone(bool ok) {
  // The worker has said all it wanted to, or is gone: the launcher tells which.
  if (!ok) return End(absl::OkStatus());
  dispatcher_.Post([this] {
    const absl::Status status = Handle(request_);
    if (!status.ok()) return End(status);
    StartRead(&request_);
  });
}

void AttachReactor::OnWriteDone(bool ok) {
  Action action;
  {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    broken_ = broken_ || !ok;
    action = NextAction();
  }
  Do(action);
}

void AttachReactor::OnDone() {
  AttachedWorkers& workers = workers_;
  // Moved out first: the last owner must not be a member of what it deletes.
  std::exchange(self_, nullptr).reset();
  workers.StreamEnds();
}

void AttachReactor::SendStop(absl::Duration grace) {
  Action action;
  {
    absl::MutexLock lock(&mutex_);
    *stop_.emplace().mutable_grace() =
        google::protobuf::util::TimeUtil::MillisecondsToDuration(absl::ToInt64Milliseconds(grace));
    action = NextAction();
  }
  Do(action);
}

absl::Status AttachReactor::Handle(AttachRequest& request) {
  if (finished_) return absl::InvalidArgumentError("expected nothing after finished");
  if (request.payload_case() == AttachRequest::kHello) return HandleHello(request.hello());
  if (!attempt_.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat("expected a hello first, got payload ",
                                                   static_cast<int>(request.payload_case())));
  }
  switch (request.payload_case()) {
    case AttachRequest::kEvents:
      return HandleEvents(*request.mutable_events());
    case AttachRequest::kProgress:
      handler_.OnWorkerProgress(*attempt_, request.progress());
      return absl::OkStatus();
    case AttachRequest::kHeartbeat:
      handler_.OnWorkerHeartbeat(*attempt_);
      return absl::OkStatus();
    case AttachRequest::kFinished:
      return HandleFinished(request.finished());
    default:
      return absl::InvalidArgumentError("expected a known payload, got none");
  }
}

absl::Status AttachReactor::HandleHello(const worker::v1::Hello& hello) {
  if (attempt_.has_value()) return absl::InvalidArgumentError("expected one hello, got another");
  const AttemptKey attempt{hello.run_id(), hello.attempt()};
  // Before the handler knows it, so that no stop can slip in between.
  RETURN_IF_ERROR(workers_.Add(attempt, self_));
  attempt_ = attempt;
  ASSIGN_OR_RETURN(worker::v1::Assignment assignment, handler_.OnWorkerHello(attempt, hello.pid()));
  Action action;
  {
    absl::MutexLock lock(&mutex_);
    assignment_ = std::move(assignment);
    action = NextAction();
  }
  Do(action);
  return absl::OkStatus();
}

absl::Status AttachReactor::HandleEvents(worker::v1::EventBatch& batch) {
  if (batch.batch_number() != last_batch_ + 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected batch ", last_batch_ + 1, ", got ", batch.batch_number()));
  }
  if (batch.events_size() > limits_.worker_batch_events_max) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected at most ", limits_.worker_batch_events_max,
                     " events in a batch, got ", batch.events_size()));
  }
  std::vector<v1::Event> events(std::make_move_iterator(batch.mutable_events()->begin()),
                                std::make_move_iterator(batch.mutable_events()->end()));
  RETURN_IF_ERROR(handler_.OnWorkerEvents(*attempt_, std::move(events)));
  ++last_batch_;
  SendAck(false);
  return absl::OkStatus();
}

absl::Status AttachReactor::HandleFinished(const worker::v1::Finished& finished) {
  RETURN_IF_ERROR(handler_.OnWorkerFinished(*attempt_, finished));
  finished_ = true;
  SendAck(true);
  return absl::OkStatus();
}

void AttachReactor::SendAck(bool finished) {
  Action action;
  {
    absl::MutexLock lock(&mutex_);
    worker::v1::Ack& ack = ack_.emplace();
    ack.set_batch_number(last_batch_);
    ack.set_finished(finished);
    action = NextAction();
  }
  Do(action);
}

void AttachReactor::End(const absl::Status& status) {
  if (attempt_.has_value()) workers_.Remove(*attempt_);
  Action action;
  {
    absl::MutexLock lock(&mutex_);
    end_ = ToGrpc(status);
    action = NextAction();
  }
  Do(action);
}

AttachReactor::Action AttachReactor::NextAction() {
  // A write in flight comes back here when it is done.
  if (writing_ || ended_) return Action::kNothing;
  if (end_.has_value()) {
    ended_ = true;
    return Action::kFinish;
  }
  if (broken_) return Action::kNothing;
  if (assignment_.has_value()) {
    *response_.mutable_assignment() = *std::exchange(assignment_, std::nullopt);
    assigned_ = true;
  } else if (ack_.has_value()) {
    *response_.mutable_ack() = *std::exchange(ack_, std::nullopt);
  } else if (stop_.has_value() && assigned_) {
    *response_.mutable_stop() = *std::exchange(stop_, std::nullopt);
  } else {
    return Action::kNothing;
  }
  writing_ = true;
  return Action::kWrite;
}

void AttachReactor::Do(Action action) {
  if (action == Action::kWrite) StartWrite(&response_);
  if (action == Action::kFinish) {
    // Nobody changes end_ after it was set, so no lock is needed; and none may be
    // held, since this object may be gone before Finish returns.
    Finish(*end_);
  }
}

}  // namespace traind
