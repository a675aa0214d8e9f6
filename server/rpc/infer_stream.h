#ifndef TRAIND_SERVER_RPC_INFER_STREAM_H_
#define TRAIND_SERVER_RPC_INFER_STREAM_H_

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "inference/grpc_service.pb.h"
#include "server/rpc/call_door.h"
#include "server/rpc/infer_exchange.h"

namespace traind {

// One ModelStreamInfer call. Requests are computed side by side, at most
// Limits::infer_stream_requests_max of them, and answered in the order in which they
// came; a request that fails is answered with an error in its place, and the stream goes
// on. The stream ends once the client has sent its last request and has every answer.
//
// At most one read and one write are under way. Whatever happens changes the state under
// the mutex and then, if nobody does yet, takes the next steps that the state allows, so
// that steps are decided by one thread at a time. Owned by itself: deletes itself in
// OnDone.
class InferStream final : public grpc::ServerBidiReactor<inference::ModelInferRequest,
                                                         inference::ModelStreamInferResponse> {
 public:
  // What every stream of a server shares; must outlive the streams.
  struct Shared {
    InferExchange::Shared exchanges;
    CallDoor& door;
    // Once stopped, every stream takes no more requests, and ends with UNAVAILABLE.
    std::stop_token stop;
    // How many there are.
    std::atomic<int> stream_count = 0;
  };

  // `context` is the call's, which has entered the door.
  InferStream(Shared& shared, grpc::CallbackServerContext& context, CallDoor::Call call);

  // Begins to read, or ends the stream at once. One of them must be called, once, right
  // after construction.
  void Start();
  void Refuse(absl::Status status) { End(std::move(status)); }

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override { delete this; }

 private:
  // A request with its answer.
  struct Turn {
    inference::ModelInferRequest request;
    inference::ModelStreamInferResponse response;
    InferExchange exchange;
    bool answered = false;
  };

  // Private: only OnDone deletes a stream.
  ~InferStream() override = default;

  // The request's answer is there, or will never be.
  void Answer(Turn& turn, const absl::Status& status);
  // Ends the stream as soon as what is under way allows, and before that with all answers
  // if the client is still there.
  void End(absl::Status status);
  // Nobody takes answers any more.
  void GoneAway() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // True when the caller, who has just changed the state, is to take the steps.
  bool MustStep() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes steps until there is none. `this` may be gone afterwards.
  void Step() ABSL_LOCKS_EXCLUDED(mutex_);
  bool MayRead() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool MayWrite() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool MayFinish() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Lets go of answers that nobody will take.
  void DropAnswered() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FinishNow(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);

  // Constant after construction.
  Shared& shared_;
  grpc::CallbackServerContext& context_;
  const CallDoor::Call call_;

  // Belongs to the read that is under way.
  std::unique_ptr<Turn> incoming_;

  absl::Mutex mutex_;
  std::deque<std::unique_ptr<Turn>> turns_ ABSL_GUARDED_BY(mutex_);  // in order of arrival
  bool stepping_ ABSL_GUARDED_BY(mutex_) = false;
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool gone_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  // How the stream ends; nothing is read any more.
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);

  // Last member, so that nobody calls in while the others are destroyed.
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_INFER_STREAM_H_
