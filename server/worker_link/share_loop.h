#ifndef TRAIND_SERVER_WORKER_LINK_SHARE_LOOP_H_
#define TRAIND_SERVER_WORKER_LINK_SHARE_LOOP_H_

#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/runs/worker_launcher.h"
#include "traind/worker/v1/worker_service.pb.h"

namespace traind {

// A shared worker's line to the server: takes attempts as orders for them come, runs
// each on a thread of its own, and notes that it has left. How many there are at once
// is the server's to bound.
class ShareLoop {
 public:
  // Runs an attempt until it has ended or its stop is requested.
  using RunAttempt = std::function<void(const AttemptKey&, std::stop_source)>;

  // `socket` (SOCK_SEQPACKET) stays the caller's and must outlive the loop.
  ShareLoop(int socket, RunAttempt run) : socket_(socket), run_(std::move(run)) {}
  ShareLoop(const ShareLoop&) = delete;
  ~ShareLoop();

  // Takes orders until the server closes its end, then waits for the attempts. A stop
  // is passed on to every attempt, and ends the loop too. Call once.
  void Run(const std::stop_token& stop);

 private:
  struct Attempt {
    std::stop_source stop;
    bool left = false;
    std::thread thread;
  };

  void Obey(const worker::v1::ShareOrder& order);
  void StopAll();
  // Runs on the attempt's thread.
  void RunOne(const AttemptKey& key, Attempt& attempt);
  // Joins the threads of attempts that have left, or of all.
  void Join(bool all);

  // Constant after construction.
  const int socket_;
  const RunAttempt run_;

  absl::Mutex mutex_;
  std::map<AttemptKey, std::unique_ptr<Attempt>> attempts_ ABSL_GUARDED_BY(mutex_);
  // All of them are to end; one whose order was on its way ends as it begins.
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace traind

#endif  // TRAIND_SERVER_WORKER_LINK_SHARE_LOOP_H_
