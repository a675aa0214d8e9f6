#include "server/worker_link/worker_link.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/base/status_macros.h"
#include "server/worker_link/attach_stream.h"

namespace traind {

using worker::v1::AttachRequest;
using worker::v1::AttachResponse;

WorkerLink::WorkerLink(Options options, std::stop_source stop)
    : options_(std::move(options)),
      progress_interval_(absl::Seconds(1) / options_.limits.progress_per_second_max),
      stop_(std::move(stop)),
      stream_(
          std::make_unique<AttachStream>(options_.socket_path, options_.limits.message_bytes_max)),
      last_send_time_(absl::Now()) {}

absl::StatusOr<std::unique_ptr<WorkerLink>> WorkerLink::Attach(Options options,
                                                               std::stop_source stop) {
  std::unique_ptr<WorkerLink> link(new WorkerLink(std::move(options), std::move(stop)));
  ASSIGN_OR_RETURN(link->assignment_, link->SayHello());
  link->sender_ = std::thread([link = link.get()] { link->SendLoop(); });
  return link;
}

absl::StatusOr<worker::v1::Assignment> WorkerLink::SayHello() {
  const absl::Time deadline = absl::Now() + options_.attach_timeout;
  RETURN_IF_ERROR(stream_->Open(deadline));
  reader_ = std::thread([this] { ReadLoop(); });
  AttachRequest request;
  request.mutable_hello()->set_run_id(options_.attempt.run_id);
  request.mutable_hello()->set_attempt(options_.attempt.attempt);
  request.mutable_hello()->set_pid(getpid());
  // When this fails, the reader learns why.
  stream_->Write(request);
  absl::MutexLock lock(&mutex_);
  if (!mutex_.AwaitWithDeadline(absl::Condition(this, &WorkerLink::IsAnswered), deadline)) {
    return absl::DeadlineExceededError(absl::StrCat("no answer to the hello of attempt ",
                                                    options_.attempt.DebugString(), " within ",
                                                    absl::FormatDuration(options_.attach_timeout)));
  }
  if (!answer_.has_value()) return close_status_;
  return *answer_;
}

WorkerLink::~WorkerLink() {
  if (reader_.joinable()) {
    stream_->Cancel();
    reader_.join();
  }
  if (sender_.joinable()) sender_.join();
}

void WorkerLink::Report(v1::Event event) {
  absl::MutexLock lock(&mutex_);
  if (!HasRoom() && !full_was_noted_) {
    full_was_noted_ = true;
    if (options_.note) {
      options_.note(absl::StrCat(options_.queued_events_max,
                                 " events wait for the server: the training waits too"));
    }
  }
  mutex_.Await(absl::Condition(this, &WorkerLink::HasRoom));
  if (!closed_) events_.push_back(std::move(event));
}

absl::Status WorkerLink::Flush() {
  absl::MutexLock lock(&mutex_);
  flushing_ = true;
  mutex_.Await(absl::Condition(this, &WorkerLink::IsFlushed));
  flushing_ = false;
  // What was reported after the end was dropped.
  if (!closed_) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("the server is gone: ", std::string(close_status_.message())));
}

void WorkerLink::ReportProgress(const v1::Progress& progress) {
  absl::MutexLock lock(&mutex_);
  progress_ = progress;
}

absl::Status WorkerLink::Finish(const worker::v1::Finished& finished, absl::Duration timeout) {
  absl::MutexLock lock(&mutex_);
  finished_ = finished;
  if (!mutex_.AwaitWithTimeout(absl::Condition(this, &WorkerLink::IsSettled), timeout)) {
    return absl::DeadlineExceededError(absl::StrCat(
        "the server has not acknowledged the end within ", absl::FormatDuration(timeout)));
  }
  return finished_acknowledged_ ? absl::OkStatus() : close_status_;
}

void WorkerLink::ReadLoop() {
  AttachResponse response;
  while (stream_->Read(response)) {
    // Without the lock: whoever listens to the stop may call the link.
    if (Take(response)) stop_.request_stop();
  }
  absl::Status status = stream_->Finish();
  if (status.ok()) status = absl::UnavailableError("the server has closed the stream");
  bool broken;
  {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
    close_status_ = std::move(status);
    broken = !finished_acknowledged_;
  }
  if (broken) stop_.request_stop();
}

bool WorkerLink::Take(AttachResponse& response) {
  absl::MutexLock lock(&mutex_);
  if (response.has_assignment()) answer_ = std::move(*response.mutable_assignment());
  if (response.has_ack()) {
    acknowledged_batch_ = std::max(acknowledged_batch_, response.ack().batch_number());
    if (response.ack().finished()) finished_acknowledged_ = true;
  }
  return response.has_stop();
}

void WorkerLink::SendLoop() {
  while (std::optional<AttachRequest> request = NextRequest()) {
    // When this fails the stream is broken, and the reader says so.
    if (!stream_->Write(*request)) break;
  }
  stream_->WritesDone();
}

std::optional<AttachRequest> WorkerLink::NextRequest() {
  absl::MutexLock lock(&mutex_);
  while (!closed_ && !finished_acknowledged_) {
    if (std::optional<AttachRequest> request = TakeDue()) {
      last_send_time_ = absl::Now();
      return request;
    }
    progress_waits_ = progress_.has_value();
    batch_waits_ = BatchMayGo();
    mutex_.AwaitWithDeadline(absl::Condition(this, &WorkerLink::SenderHasNews), WakeTime());
    progress_waits_ = batch_waits_ = false;
  }
  return std::nullopt;
}

std::optional<AttachRequest> WorkerLink::TakeDue() {
  AttachRequest request;
  if (finished_sent_) return std::nullopt;
  if (BatchIsDue()) {
    TakeBatch(*request.mutable_events());
  } else if (events_.empty() && finished_.has_value()) {
    *request.mutable_finished() = *finished_;
    finished_sent_ = true;
  } else if (ProgressIsDue()) {
    *request.mutable_progress() = *std::exchange(progress_, std::nullopt);
    last_progress_time_ = absl::Now();
  } else if (absl::Now() >= last_send_time_ + options_.heartbeat_interval) {
    request.mutable_heartbeat();
  } else {
    return std::nullopt;
  }
  return request;
}

void WorkerLink::TakeBatch(worker::v1::EventBatch& batch) {
  batch.set_batch_number(++last_batch_);
  last_batch_time_ = absl::Now();
  while (!events_.empty() && batch.events_size() < options_.limits.worker_batch_events_max) {
    *batch.add_events() = std::move(events_.front());
    events_.pop_front();
  }
}

bool WorkerLink::BatchMayGo() const {
  return !events_.empty() && acknowledged_batch_ == last_batch_;
}

bool WorkerLink::BatchIsUrgent() const {
  return flushing_ || finished_.has_value() ||
         static_cast<int>(events_.size()) >= options_.limits.worker_batch_events_max;
}

bool WorkerLink::BatchIsDue() const {
  return BatchMayGo() && (BatchIsUrgent() || absl::Now() >= BatchTime());
}

absl::Time WorkerLink::BatchTime() const { return last_batch_time_ + options_.batch_interval_min; }

bool WorkerLink::ProgressIsDue() const {
  return progress_.has_value() && absl::Now() >= last_progress_time_ + progress_interval_;
}

absl::Time WorkerLink::WakeTime() const {
  if (finished_sent_) return absl::InfiniteFuture();
  absl::Time wake_time = last_send_time_ + options_.heartbeat_interval;
  if (progress_.has_value()) {
    wake_time = std::min(wake_time, last_progress_time_ + progress_interval_);
  }
  return BatchMayGo() ? std::min(wake_time, BatchTime()) : wake_time;
}

bool WorkerLink::SenderHasNews() const {
  if (closed_ || finished_acknowledged_) return true;
  if (finished_sent_) return false;
  if (BatchMayGo() && (BatchIsUrgent() || !batch_waits_)) return true;
  return (events_.empty() && finished_.has_value()) || (progress_.has_value() && !progress_waits_);
}

bool WorkerLink::HasRoom() const {
  return closed_ || static_cast<int>(events_.size()) < options_.queued_events_max;
}

bool WorkerLink::IsAnswered() const { return closed_ || answer_.has_value(); }

bool WorkerLink::IsFlushed() const {
  return closed_ || (events_.empty() && acknowledged_batch_ == last_batch_);
}

bool WorkerLink::IsSettled() const { return closed_ || finished_acknowledged_; }

}  // namespace traind
