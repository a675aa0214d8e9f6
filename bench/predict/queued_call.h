#ifndef TRAIND_BENCH_PREDICT_QUEUED_CALL_H_
#define TRAIND_BENCH_PREDICT_QUEUED_CALL_H_

#include <grpcpp/completion_queue.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_unary_call.h>

#include <functional>
#include <optional>
#include <utility>

namespace traind {

// What a completion queue brings back. Used by the queue's one thread.
class QueueTag {
 public:
  virtual ~QueueTag() = default;
  virtual void Proceed(bool ok) = 0;
};

// Waits for a call, answers it with a copy of one answer, and waits for the next.
template <typename Request, typename Response>
class QueuedCall final : public QueueTag {
 public:
  using Writer = grpc::ServerAsyncResponseWriter<Response>;
  // Registers for the next call, such as AsyncService::RequestPredict.
  using Ask = std::function<void(grpc::ServerContext*, Request*, Writer*,
                                 grpc::ServerCompletionQueue*, void* tag)>;

  // The queue must outlive this.
  QueuedCall(Ask ask, Response answer, grpc::ServerCompletionQueue& queue)
      : ask_(std::move(ask)), answer_(std::move(answer)), queue_(queue) {
    WaitForCall();
  }

  void Proceed(bool ok) override {
    if (answering_) {
      WaitForCall();
    } else if (ok) {  // otherwise the server shuts down
      answering_ = true;
      writer_->Finish(answer_, grpc::Status::OK, this);
    }
  }

 private:
  void WaitForCall() {
    answering_ = false;
    writer_.reset();
    context_.emplace();
    request_ = Request();
    writer_.emplace(&*context_);
    ask_(&*context_, &request_, &*writer_, &queue_, this);
  }

  const Ask ask_;
  const Response answer_;
  grpc::ServerCompletionQueue& queue_;
  bool answering_ = false;
  std::optional<grpc::ServerContext> context_;
  Request request_;
  std::optional<Writer> writer_;
};

}  // namespace traind

#endif  // TRAIND_BENCH_PREDICT_QUEUED_CALL_H_
