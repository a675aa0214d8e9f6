#include "server/rpc/infer_stream.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/oip/error_text.h"
#include "server/rpc/grpc_status.h"

namespace traind {
namespace {

// Some clients want to be told which answer is a request's last; here it is the only one.
void MarkFinal(const inference::ModelInferRequest& request,
               inference::ModelInferResponse& response) {
  const auto asked = request.parameters().find("triton_enable_empty_final_response");
  if (asked == request.parameters().end() || !asked->second.bool_param()) return;
  (*response.mutable_parameters())["triton_final_response"].set_bool_param(true);
}

}  // namespace

InferStream::InferStream(Shared& shared, grpc::CallbackServerContext& context, CallDoor::Call call)
    : shared_(shared), context_(context), call_(std::move(call)) {
  ++shared_.stream_count;
}

void InferStream::Start() {
  const int max = shared_.exchanges.limits.infer_streams_max;
  if (shared_.stream_count > max) {
    return End(absl::ResourceExhaustedError(
        absl::StrCat("the server has ", max,
                     " streams already (infer_streams_max); end one, or "
                     "try again later")));
  }
  {
    // So that a stop cannot finish the stream under our feet.
    absl::MutexLock lock(&mutex_);
    stepping_ = true;
  }
  on_stop_.emplace(shared_.stop, [this] {
    End(absl::UnavailableError("the server is shutting down; open the stream again"));
  });
  Step();
}

void InferStream::OnReadDone(bool ok) {
  Turn* turn = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    reading_ = false;
    if (ok && !end_.has_value()) {
      turn = incoming_.get();
      turns_.push_back(std::move(incoming_));
    } else if (context_.IsCancelled()) {
      GoneAway();
    } else if (!end_.has_value()) {
      // The client has sent all that it wanted to send.
      end_ = absl::OkStatus();
    }
  }
  if (turn != nullptr) {
    // gRPC keeps this alive until OnReadDone returns.
    turn->exchange.Begin(shared_.exchanges, turn->request, context_,
                         *turn->response.mutable_infer_response(),
                         [this, turn](const absl::Status& status) { Answer(*turn, status); });
  }
  {
    absl::MutexLock lock(&mutex_);
    if (!MustStep()) return;
  }
  Step();
}

void InferStream::Answer(Turn& turn, const absl::Status& status) {
  if (!status.ok()) turn.response = StreamErrorResponse(status, turn.request.id());
  MarkFinal(turn.request, *turn.response.mutable_infer_response());
  {
    absl::MutexLock lock(&mutex_);
    turn.answered = true;
    if (!MustStep()) return;
  }
  Step();
}

void InferStream::OnWriteDone(bool ok) {
  {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    turns_.pop_front();
    if (!ok) GoneAway();
    if (!MustStep()) return;
  }
  Step();
}

void InferStream::OnCancel() {
  {
    absl::MutexLock lock(&mutex_);
    GoneAway();
    if (!MustStep()) return;
  }
  Step();
}

void InferStream::End(absl::Status status) {
  {
    absl::MutexLock lock(&mutex_);
    if (!end_.has_value()) end_ = std::move(status);
    if (!MustStep()) return;
  }
  Step();
}

void InferStream::GoneAway() {
  gone_ = true;
  end_ = absl::CancelledError("the client went away");
}

bool InferStream::MustStep() {
  if (finished_) return false;
  return !std::exchange(stepping_, true);
}

void InferStream::Step() {
  absl::Status status;
  while (true) {
    Turn* answer = nullptr;
    bool read = false;
    {
      absl::MutexLock lock(&mutex_);
      if (gone_) DropAnswered();
      if (MayWrite()) {
        writing_ = true;
        answer = turns_.front().get();
      }
      if (MayRead()) {
        reading_ = true;
        read = true;
      }
      if (answer == nullptr && !read) {
        stepping_ = false;
        if (!MayFinish()) return;
        finished_ = true;
        status = *end_;
        break;
      }
    }
    if (answer != nullptr) StartWrite(&answer->response);
    if (read) {
      incoming_ = std::make_unique<Turn>();
      StartRead(&incoming_->request);
    }
  }
  FinishNow(status);
}

bool InferStream::MayRead() const {
  return !reading_ && !end_.has_value() &&
         static_cast<int>(turns_.size()) < shared_.exchanges.limits.infer_stream_requests_max;
}

bool InferStream::MayWrite() const {
  return !writing_ && !gone_ && !turns_.empty() && turns_.front()->answered;
}

bool InferStream::MayFinish() const { return end_.has_value() && !writing_ && turns_.empty(); }

void InferStream::DropAnswered() {
  // gRPC still has the one that is being written.
  const auto first = turns_.begin() + (writing_ ? 1 : 0);
  const auto is_answered = [](const std::unique_ptr<Turn>& turn) { return turn->answered; };
  turns_.erase(std::remove_if(first, turns_.end(), is_answered), turns_.end());
}

void InferStream::FinishNow(const absl::Status& status) {
  --shared_.stream_count;
  // Leaving comes first: once finished, another thread may delete this.
  shared_.door.Leave(call_, status);
  Finish(ToGrpcStatus(status));
}

}  // namespace traind
