#include "server/rpc/event_stream.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "server/rpc/grpc_status.h"

namespace traind {
namespace {

absl::Time TimeOf(const v1::Event& event) {
  return absl::FromUnixSeconds(event.time().seconds()) + absl::Nanoseconds(event.time().nanos());
}

}  // namespace

EventStream::EventStream(const Shared& shared, const v1::StreamMetricsRequest& request,
                         CallDoor::Call call)
    : shared_(shared),
      request_(request),
      call_(std::move(call)),
      after_sequence_(request.after_sequence()),
      // Progress numbers never get there, so none is ever newer.
      after_progress_number_(request.include_progress() ? 0 : std::numeric_limits<int64_t>::max()) {
}

void EventStream::Start() {
  if (!request_.no_follow()) {
    // Subscribed before the first read, so that nothing falls in between.
    auto subscription =
        shared_.log.Subscribe(request_.run_id(), request_.include_progress(), [this] { Wake(); });
    if (!subscription.ok()) return FinishNow(subscription.status());
    subscription_ = *std::move(subscription);
    shared_.observer.OnSubscribers(1);
  }
  // From here on the phase is still `reading` though nothing has been submitted,
  // so neither a wake-up nor a stop can finish the stream under our feet.
  on_stop_.emplace(shared_.stop, [this] {
    End(absl::UnavailableError("the server is shutting down; reconnect with after_sequence"));
  });
  absl::MutexLock lock(&mutex_);
  SubmitRead();
}

void EventStream::End(absl::Status status) {
  {
    absl::MutexLock lock(&mutex_);
    if (phase_ == Phase::kFinished || ending_.has_value()) return;
    ending_ = std::move(status);
    if (phase_ == Phase::kPacing) alarm_->Cancel();
    if (phase_ != Phase::kIdle) return;
    // Idle belongs to nobody: take it, so that a wake-up cannot.
    phase_ = Phase::kReading;
  }
  FinishIfEnding();
}

void EventStream::Wake() {
  absl::MutexLock lock(&mutex_);
  woken_ = true;
  if (phase_ == Phase::kIdle) SubmitRead();
}

void EventStream::SubmitRead() {
  phase_ = Phase::kReading;
  woken_ = false;
  // The pool has room for every stream; its threads run the task after this.
  const absl::Status submitted = shared_.pool.Submit([this] { ReadLog(); });
  if (submitted.ok()) return;
  ending_ = submitted;
  phase_ = Phase::kPacing;
  alarm_ = std::make_unique<grpc::Alarm>();
  alarm_->Set(absl::ToChronoTime(absl::Now()), [this](bool) { OnPaced(); });
}

void EventStream::ReadLog() {
  if (FinishIfEnding()) return;
  absl::StatusOr<EventLog::Batch> batch =
      shared_.log.Read(request_.run_id(), after_sequence_, after_progress_number_);
  if (!batch.ok()) return FinishNow(batch.status());
  last_message_ = batch->end;
  if (batch->events.empty() && !batch->progress.has_value()) return Settle();

  response_.Clear();
  if (!batch->events.empty()) after_sequence_ = batch->events.back().sequence();
  for (v1::Event& event : batch->events) *response_.add_events() = std::move(event);
  if (batch->progress.has_value()) {
    *response_.mutable_progress() = *std::move(batch->progress);
    after_progress_number_ = batch->progress_number;
  }
  {
    absl::MutexLock lock(&mutex_);
    phase_ = Phase::kWriting;
  }
  StartWrite(&response_);
}

void EventStream::Settle() {
  if (last_message_ || request_.no_follow()) return FinishNow(absl::OkStatus());
  {
    absl::MutexLock lock(&mutex_);
    if (woken_ && !ending_.has_value()) return SubmitRead();
    if (!ending_.has_value()) {
      phase_ = Phase::kIdle;
      return;
    }
  }
  FinishIfEnding();
}

void EventStream::OnWriteDone(bool ok) {
  if (!ok) return FinishNow(absl::CancelledError("the client went away"));
  ReportWritten();
  // A full message means that there is more: catching up need not be paced.
  const bool full = response_.events_size() >= shared_.full_message_events;
  if (last_message_ || (request_.no_follow() && !full)) return FinishNow(absl::OkStatus());
  if (FinishIfEnding()) return;
  absl::MutexLock lock(&mutex_);
  if (full) return SubmitRead();
  phase_ = Phase::kPacing;
  alarm_ = std::make_unique<grpc::Alarm>();
  alarm_->Set(absl::ToChronoTime(absl::Now() + shared_.pace), [this](bool) { OnPaced(); });
  // An end that came since the check above found no alarm to cancel.
  if (ending_.has_value()) alarm_->Cancel();
}

void EventStream::ReportWritten() const {
  if (response_.events().empty()) return;
  const absl::Time now = shared_.clock.Now();
  std::vector<absl::Duration> lags;
  for (const v1::Event& event : response_.events()) {
    const absl::Time time = TimeOf(event);
    // What was there before the stream says nothing about how fast it is.
    if (time >= call_.arrival) lags.push_back(std::max(now - time, absl::ZeroDuration()));
  }
  shared_.observer.OnEventsWritten(response_.events_size(), lags);
}

void EventStream::OnPaced() {
  {
    absl::MutexLock lock(&mutex_);
    if (!ending_.has_value()) {
      if (woken_) return SubmitRead();
      phase_ = Phase::kIdle;
      return;
    }
  }
  FinishIfEnding();
}

void EventStream::OnCancel() { End(absl::CancelledError("the client went away")); }

bool EventStream::FinishIfEnding() {
  absl::Status status;
  {
    absl::MutexLock lock(&mutex_);
    if (!ending_.has_value()) return false;
    status = *ending_;
  }
  FinishNow(std::move(status));
  return true;
}

void EventStream::FinishNow(absl::Status status) {
  {
    absl::MutexLock lock(&mutex_);
    phase_ = Phase::kFinished;
  }
  // Leaving comes first: once finished, another thread may delete this.
  if (subscription_ != nullptr) shared_.observer.OnSubscribers(-1);
  shared_.door.Leave(call_, status);
  Finish(ToGrpcStatus(status));
}

void EventStream::OnDone() { delete this; }

}  // namespace traind
