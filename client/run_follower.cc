#include "client/run_follower.h"

#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/rpc_status.h"
#include "client/run_state.h"
#include "client/silence_watch.h"

namespace traind {

RunFollower::RunFollower(Server server, v1::StreamMetricsRequest request,
                         const ClientOptions& options, RunListener& listener, std::stop_token stop)
    : server_(std::move(server)),
      options_(options),
      listener_(listener),
      stop_(std::move(stop)),
      waiter_(options.waiter != nullptr ? *options.waiter : SystemWaiter()),
      request_(std::move(request)),
      position_(request_.after_sequence()),
      backoff_(options.backoff, std::random_device()()),
      last_contact_(waiter_.Now()) {}

absl::StatusOr<v1::Run> RunFollower::Follow() {
  while (true) {
    const absl::Status ended = ReadStream();
    if (!ended.ok() && !IsTransient(ended)) return ended;
    absl::Status reason = ended;
    if (ended.ok() || terminal_state_ || absl::IsDeadlineExceeded(ended)) {
      // The end of a stream proves nothing about the run: ask.
      absl::StatusOr<std::optional<v1::Run>> run = FindTerminalRun();
      if (run.ok() && run->has_value()) return **std::move(run);
      if (!run.ok() && !IsTransient(run.status())) return run.status();
      reason = run.status();
    }
    if (absl::Status status = WaitToRetry(reason); !status.ok()) return status;
  }
}

absl::Status RunFollower::ReadAll() {
  while (true) {
    const absl::Status ended = ReadStream();
    if (ended.ok() || !IsTransient(ended)) return ended;
    if (absl::Status status = WaitToRetry(ended); !status.ok()) return status;
  }
}

absl::Status RunFollower::ReadStream() {
  grpc::ClientContext context;
  const std::string request_id = server_.prepare(context);
  std::stop_callback cancel(stop_, [&context] { context.TryCancel(); });
  auto reader = server_.training->StreamMetrics(&context, request_);
  v1::StreamMetricsResponse response;
  SilenceWatch silence([&context] { context.TryCancel(); }, options_.stream_silence_timeout);
  const auto read = [&] {
    const SilenceWatch::Wait wait(silence);
    return reader->Read(&response);
  };
  while (read()) {
    last_contact_ = waiter_.Now();
    backoff_.Reset();
    if (absl::Status status = Deliver(response); !status.ok()) {
      context.TryCancel();
      reader->Finish();
      return broken_stream_ = status;
    }
  }
  const grpc::Status status = reader->Finish();
  if (stop_.stop_requested()) {
    return absl::CancelledError(absl::StrCat("stopped following run ", request_.run_id()));
  }
  if (!status.ok() && silence.gave_up()) {
    return absl::DeadlineExceededError(
        absl::StrCat("the stream of run ", request_.run_id(), " said nothing for ",
                     absl::FormatDuration(options_.stream_silence_timeout)));
  }
  return FromRpcStatus(status, server_.address, request_id);
}

absl::Status RunFollower::Deliver(const v1::StreamMetricsResponse& response) {
  for (const v1::Event& event : response.events()) {
    if (event.sequence() <= position_) continue;
    if (absl::Status status = CheckNext(event.sequence()); !status.ok()) return status;
    position_ = event.sequence();
    listener_.OnEvent(event);
    if (event.has_state_changed() && IsTerminalState(event.state_changed().to())) {
      terminal_state_ = event.state_changed().to();
    }
  }
  if (response.last_sequence() > position_) {
    // The server has left out what comes before this.
    absl::Status status = CheckNext(response.last_sequence() + 1);
    if (!status.ok()) return status;
    position_ = response.last_sequence();
  }
  if (request_.max_points() == 0) {
    request_.set_after_sequence(position_);
  } else if (response.last_sequence() > request_.after_sequence()) {
    // The thinned history counts as read with its last message only. What comes
    // from here on is new: a further stream must not thin it.
    request_.set_after_sequence(position_);
    request_.clear_max_points();
  }
  if (response.has_progress() && !terminal_state_) listener_.OnProgress(response.progress());
  return absl::OkStatus();
}

absl::Status RunFollower::CheckNext(int64_t sequence) const {
  const bool may_leave_out = position_ == 0 || request_.max_points() > 0 ||
                             request_.kinds_size() > 0 || request_.metric_names_size() > 0 ||
                             request_.has_since_time();
  if (sequence > position_ + 1 && !may_leave_out) {
    return absl::DataLossError(absl::StrCat("events of run ", request_.run_id(),
                                            " are missing: expected sequence ", position_ + 1,
                                            ", got ", sequence));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<v1::Run>> RunFollower::FindTerminalRun() {
  absl::StatusOr<v1::Run> run = server_.get_run();
  if (!run.ok()) return run.status();
  last_contact_ = waiter_.Now();
  if (terminal_state_) {
    run->set_state(*terminal_state_);
    return std::optional(*std::move(run));
  }
  // A cursor at the end of a finished run gets no further event.
  if (IsTerminalState(run->state()) && run->last_sequence() <= position_) {
    return std::optional(*std::move(run));
  }
  return std::optional<v1::Run>();
}

absl::Status RunFollower::WaitToRetry(const absl::Status& reason) {
  if (waiter_.Now() - last_contact_ > options_.backoff.give_up_after) {
    return absl::Status(reason.code(),
                        absl::StrCat("gave up following run ", request_.run_id(), " after ",
                                     absl::FormatDuration(options_.backoff.give_up_after), ": ",
                                     std::string(reason.message())));
  }
  const absl::Duration delay = backoff_.Next();
  if (!reason.ok()) listener_.OnReconnect(reason, delay);
  waiter_.Wait(delay, stop_);
  server_.reconnect(stop_);
  if (stop_.stop_requested()) {
    return absl::CancelledError(absl::StrCat("stopped following run ", request_.run_id()));
  }
  return absl::OkStatus();
}

bool RunFollower::IsTransient(const absl::Status& status) const {
  if (stop_.stop_requested() || !broken_stream_.ok()) return false;
  // A server that is shutting down cancels its streams.
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsCancelled(status);
}

}  // namespace traind
