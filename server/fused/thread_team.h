#ifndef TRAIND_SERVER_FUSED_THREAD_TEAM_H_
#define TRAIND_SERVER_FUSED_THREAD_TEAM_H_

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"

namespace traind {

// Threads that do one piece of work together again and again, with points within it
// where they wait for each other. Who waits spins for some ten microseconds, which is
// what the others usually need, then sleeps, so that a core that others need is not
// held. Run is called from one thread at a time.
class ThreadTeam {
 public:
  // Of so many threads, the caller of Run among them; at least 1.
  explicit ThreadTeam(int thread_count);
  ThreadTeam(const ThreadTeam&) = delete;
  ~ThreadTeam();

  int thread_count() const { return static_cast<int>(workers_.size()) + 1; }

  // Runs work(0) here and work(1), work(2)… on the others, until all are done. `work`
  // does not throw.
  void Run(absl::FunctionRef<void(int thread)> work);

  // Called by each of them within Run: waits until all have come. The last to come runs
  // `between` before any goes on.
  void Meet(absl::FunctionRef<void()> between);
  void Meet() {
    Meet([] {});
  }

 private:
  using Counter = std::atomic<uint32_t>;

  void Serve(int thread);
  // Returns when the counter is no longer `old`.
  static void AwaitChange(const Counter& counter, uint32_t old);

  // Each on a cache line of its own, as they are written by different threads.
  alignas(64) Counter started_ = 0;  // pieces of work
  alignas(64) Counter arrived_ = 0;  // threads at the newest meeting
  alignas(64) Counter meetings_ = 0;
  alignas(64) const absl::FunctionRef<void(int)>* work_ = nullptr;  // null: end
  std::vector<std::thread> workers_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_FUSED_THREAD_TEAM_H_
