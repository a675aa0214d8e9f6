#include "server/rpc/handler_pool.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace traind {

HandlerPool::HandlerPool(std::string queue_name, int thread_count, int queue_max)
    : queue_name_(std::move(queue_name)), queue_max_(queue_max) {
  for (int i = 0; i < thread_count; ++i) threads_.emplace_back([this] { Loop(); });
}

HandlerPool::~HandlerPool() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
}

absl::Status HandlerPool::Submit(std::function<void()> task) {
  absl::MutexLock lock(&mutex_);
  if (static_cast<int>(queue_.size()) >= queue_max_) {
    return absl::ResourceExhaustedError(absl::StrCat("the server is busy: ", queue_max_,
                                                     " calls wait already (", queue_name_,
                                                     "); try again later"));
  }
  queue_.push_back(std::move(task));
  return absl::OkStatus();
}

void HandlerPool::Loop() {
  while (true) {
    std::function<void()> task;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &HandlerPool::HasWork));
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task();
  }
}

}  // namespace traind
