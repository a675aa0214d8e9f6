#include "server/fused/thread_team.h"

namespace traind {
namespace {

// Looks before a waiting thread sleeps: some 50 us where a pause takes 40 cycles.
constexpr int kSpinsMax = 4000;

void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

ThreadTeam::ThreadTeam(int thread_count) {
  for (int thread = 1; thread < thread_count; ++thread) {
    workers_.emplace_back([this, thread] { Serve(thread); });
  }
}

ThreadTeam::~ThreadTeam() {
  work_ = nullptr;
  started_.fetch_add(1, std::memory_order_release);
  started_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadTeam::Run(absl::FunctionRef<void(int)> work) {
  work_ = &work;
  started_.fetch_add(1, std::memory_order_release);
  started_.notify_all();
  work(0);
  Meet();  // nobody reads `work` after it
}

void ThreadTeam::Meet(absl::FunctionRef<void()> between) {
  const uint32_t meeting = meetings_.load(std::memory_order_relaxed);
  const uint32_t others = static_cast<uint32_t>(workers_.size());
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) < others) {
    AwaitChange(meetings_, meeting);
    return;
  }
  between();
  arrived_.store(0, std::memory_order_relaxed);
  meetings_.store(meeting + 1, std::memory_order_release);
  meetings_.notify_all();
}

void ThreadTeam::Serve(int thread) {
  for (uint32_t piece = 0;; ++piece) {
    AwaitChange(started_, piece);
    if (work_ == nullptr) return;
    (*work_)(thread);
    Meet();
  }
}

void ThreadTeam::AwaitChange(const Counter& counter, uint32_t old) {
  for (int i = 0; i < kSpinsMax; ++i) {
    if (counter.load(std::memory_order_acquire) != old) return;
    Pause();
  }
  while (counter.load(std::memory_order_acquire) == old) {
    counter.wait(old, std::memory_order_acquire);
  }
}

}  // namespace traind
