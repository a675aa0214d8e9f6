#include "server/rpc/event_stream.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/rpc/grpc_status.h"
#include "server/runs/timestamps.h"

namespace traind {

EventStream::EventStream(const Shared& shared, const v1::StreamMetricsRequest& request,
                         EventFilter filter, grpc::CallbackServerContext& context,
                         CallDoor::Call call)
    : shared_(shared),
      request_(request),
      filter_(std::move(filter)),
      context_(context),
      call_(std::move(call)),
      after_sequence_(request.after_sequence()),
      told_sequence_(request.after_sequence()),
      // Progress numbers never get there, so none is ever newer.
      after_progress_number_(request.include_progress() ? 0 : std::numeric_limits<int64_t>::max()),
      last_write_(shared.clock.Monotonic()) {
  if (request.max_points() > 0) history_.emplace(request, shared.limits);
}

void EventStream::Start() {
  if (!request_.no_follow()) {
    // Subscribed before the first read, so that nothing falls in between.
    auto subscription =
        shared_.log.Subscribe(request_.run_id(), request_.include_progress(), [this] { Wake(); });
    if (!subscription.ok()) return FinishNow({subscription.status(), StreamEnd::kFull});
    subscription_ = *std::move(subscription);
    shared_.observer.OnSubscribers(1);
  }
  // From here on the phase is still `reading` though nothing has been submitted,
  // so neither a wake-up nor a stop can finish the stream under our feet.
  shared_.watch.Add(*this);
  on_stop_.emplace(shared_.stop, [this] {
    End({absl::UnavailableError("the server is shutting down; reconnect with after_sequence"),
         StreamEnd::kShutdown});
  });
  absl::MutexLock lock(&mutex_);
  SubmitRead();
}

void EventStream::End(Ending ending) {
  {
    absl::MutexLock lock(&mutex_);
    if (phase_ == Phase::kFinished || ending_.has_value()) return;
    ending_ = std::move(ending);
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

bool EventStream::Look(absl::Duration now) {
  absl::MutexLock lock(&mutex_);
  const absl::Duration silence = now - last_write_;
  // The read finds out by itself that the stream has been silent for too long.
  if (phase_ == Phase::kIdle && silence >= shared_.limits.stream_heartbeat_interval) SubmitRead();
  if (phase_ != Phase::kWriting || broken_ || silence < shared_.limits.stream_stall_timeout) {
    return false;
  }
  breaking_ = broken_ = true;
  return true;
}

void EventStream::Break() {
  // Finishing would have to wait for the write, which waits for the client. This
  // ends a write that flow control holds up; where the whole connection is stuck,
  // gRPC's keepalive closes it.
  context_.TryCancel();
  std::optional<bool> written;
  {
    absl::MutexLock lock(&mutex_);
    breaking_ = false;
    written = handed_over_;
  }
  if (written.has_value()) AfterWrite(*written);
}

void EventStream::SubmitRead() {
  phase_ = Phase::kReading;
  woken_ = false;
  // The pool has room for every stream; its threads run the task after this.
  const absl::Status submitted = shared_.pool.Submit([this] { ReadLog(); });
  if (submitted.ok()) return;
  ending_ = Ending{submitted, StreamEnd::kFull};
  Pace();
}

void EventStream::ReadLog() {
  if (FinishIfEnding()) return;
  if (history_.has_value()) return ReadHistory();
  absl::StatusOr<EventLog::Batch> batch =
      shared_.log.Read(request_.run_id(), after_sequence_, after_progress_number_);
  if (!batch.ok()) return FinishNow({batch.status(), StreamEnd::kError});
  last_message_ = batch->end;
  // A full page means that there is more.
  more_ = static_cast<int>(batch->events.size()) >= shared_.limits.stream_events_max;
  if (batch->progress.has_value()) after_progress_number_ = batch->progress_number;
  const int64_t began_after = after_sequence_;
  std::vector<LoggedEventPointer> events = Choose(std::move(batch->events));
  // The last message says how far the stream has come, whatever was left out.
  const bool must_tell =
      (last_message_ || (request_.no_follow() && !more_)) && after_sequence_ > told_sequence_;
  if (events.empty() && !batch->progress.has_value() && !must_tell && !IsSilent()) {
    return Settle(/*moved=*/after_sequence_ > began_after);
  }
  Write(std::move(events), std::move(batch->progress));
}

std::vector<LoggedEventPointer> EventStream::Choose(std::vector<LoggedEventPointer> page) {
  std::vector<LoggedEventPointer> chosen;
  int64_t bytes = 0;
  for (LoggedEventPointer& event : page) {
    const int64_t sequence = event->sequence();
    if (filter_.Passes(event->event())) {
      event = filter_.Trim(std::move(event));
      bytes += static_cast<int64_t>(event->response_bytes().size());
      if (bytes > shared_.limits.stream_message_bytes_max && !chosen.empty()) {
        // This one and those after it are read again for the next message.
        more_ = true;
        last_message_ = false;
        return chosen;
      }
      chosen.push_back(std::move(event));
    }
    after_sequence_ = sequence;
  }
  return chosen;
}

void EventStream::ReadHistory() {
  more_ = true;
  if (!history_->complete()) {
    const absl::Status read = history_->ReadPage(shared_.log, filter_);
    if (!read.ok()) return FinishNow({read, StreamEnd::kError});
  }
  if (!history_->complete()) {
    if (IsSilent()) return Write({}, std::nullopt);
    absl::MutexLock lock(&mutex_);
    return SubmitRead();
  }
  std::vector<LoggedEventPointer> events = history_->TakeMessage();
  // The cursor moves with the last message only: what was thinned out cannot be
  // told from what is still to come, so a stream that breaks before has to begin again.
  if (history_->empty()) {
    after_sequence_ = history_->last_sequence();
    history_.reset();
    more_ = !request_.no_follow();
  }
  Write(std::move(events), std::nullopt);
}

void EventStream::Write(std::vector<LoggedEventPointer> events,
                        std::optional<v1::Progress> progress) {
  sent_ = std::move(events);
  told_sequence_ = after_sequence_;
  std::string bytes;
  for (const LoggedEventPointer& event : sent_) bytes += event->response_bytes();
  v1::StreamMetricsResponse rest;
  rest.set_last_sequence(after_sequence_);
  if (progress.has_value()) *rest.mutable_progress() = *std::move(progress);
  rest.AppendToString(&bytes);
  const grpc::Slice slice(bytes);
  message_ = grpc::ByteBuffer(&slice, 1);
  {
    absl::MutexLock lock(&mutex_);
    phase_ = Phase::kWriting;
    last_write_ = shared_.clock.Monotonic();
  }
  StartWrite(&message_);
}

bool EventStream::IsSilent() {
  absl::MutexLock lock(&mutex_);
  return shared_.clock.Monotonic() - last_write_ >= shared_.limits.stream_heartbeat_interval;
}

void EventStream::Settle(bool moved) {
  if (last_message_ || (request_.no_follow() && !more_)) {
    return FinishNow({absl::OkStatus(), StreamEnd::kComplete});
  }
  {
    absl::MutexLock lock(&mutex_);
    if (!ending_.has_value()) {
      if (more_) return SubmitRead();
      // Events that are left out come as often as others.
      if (moved) return Pace();
      if (woken_) return SubmitRead();
      phase_ = Phase::kIdle;
      return;
    }
  }
  FinishIfEnding();
}

void EventStream::OnWriteDone(bool ok) {
  {
    absl::MutexLock lock(&mutex_);
    if (breaking_) {
      handed_over_ = ok;
      return;
    }
  }
  AfterWrite(ok);
}

void EventStream::AfterWrite(bool ok) {
  bool broken = false;
  {
    absl::MutexLock lock(&mutex_);
    broken = broken_;
  }
  if (broken) {
    return FinishNow(
        {absl::CancelledError(absl::StrCat(
             "the client has not read for ",
             absl::FormatDuration(shared_.limits.stream_stall_timeout),
             " (stream_stall_timeout); it may reconnect with after_sequence ", told_sequence_)),
         StreamEnd::kStalled});
  }
  if (!ok) {
    if (FinishIfEnding()) return;
    return FinishNow({absl::CancelledError("the client went away"), StreamEnd::kClient});
  }
  ReportWritten();
  if (last_message_ || (request_.no_follow() && !more_)) {
    return FinishNow({absl::OkStatus(), StreamEnd::kComplete});
  }
  if (FinishIfEnding()) return;
  absl::MutexLock lock(&mutex_);
  // Catching up need not be paced.
  if (more_) return SubmitRead();
  Pace();
}

void EventStream::ReportWritten() const {
  if (sent_.empty()) return;
  const absl::Time now = shared_.clock.Now();
  std::vector<absl::Duration> lags;
  for (const LoggedEventPointer& event : sent_) {
    const absl::Time time = ToTime(event->event().time());
    // What was there before the stream says nothing about how fast it is.
    if (time >= call_.arrival) lags.push_back(std::max(now - time, absl::ZeroDuration()));
  }
  shared_.observer.OnEventsWritten(static_cast<int>(sent_.size()), lags);
}

void EventStream::Pace() {
  phase_ = Phase::kPacing;
  alarm_ = std::make_unique<grpc::Alarm>();
  alarm_->Set(absl::ToChronoTime(absl::Now() + PaceTime()), [this](bool) { OnPaced(); });
  // An end that has come already finds no alarm to cancel.
  if (ending_.has_value()) alarm_->Cancel();
}

absl::Duration EventStream::PaceTime() const {
  const Limits& limits = shared_.limits;
  const absl::Duration fastest = absl::Seconds(1) / limits.stream_messages_per_second_max;
  const absl::Duration share = absl::Seconds(1) * shared_.log.subscriber_count() /
                               limits.stream_messages_per_second_total_max;
  return std::max(fastest, std::min(share, absl::Duration(absl::Seconds(1))));
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

void EventStream::OnCancel() {
  End({absl::CancelledError("the client went away"), StreamEnd::kClient});
}

bool EventStream::FinishIfEnding() {
  Ending ending;
  {
    absl::MutexLock lock(&mutex_);
    if (!ending_.has_value()) return false;
    ending = *ending_;
  }
  FinishNow(std::move(ending));
  return true;
}

void EventStream::FinishNow(Ending ending) {
  {
    absl::MutexLock lock(&mutex_);
    phase_ = Phase::kFinished;
  }
  // Leaving comes first: once finished, another thread may delete this.
  shared_.watch.Remove(*this);
  if (subscription_ != nullptr) {
    // A client that knows of the end may come again at once and find its place free.
    subscription_.reset();
    shared_.observer.OnSubscribers(-1);
  }
  shared_.observer.OnStreamEnded(ending.end);
  shared_.door.Leave(call_, ending.status);
  Finish(ToGrpcStatus(ending.status));
}

void EventStream::OnDone() { delete this; }

}  // namespace traind
