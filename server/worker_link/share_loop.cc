#include "server/worker_link/share_loop.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

namespace traind {
namespace {

// Of one order: a run's name and two numbers.
constexpr size_t kPacketBytesMax = 4096;

}  // namespace

ShareLoop::~ShareLoop() {
  StopAll();
  Join(true);
}

void ShareLoop::Run(const std::stop_token& stop) {
  const std::stop_callback on_stop(stop, [this] {
    // Ends the wait below.
    shutdown(socket_, SHUT_RD);
    StopAll();
  });
  std::string packet(kPacketBytesMax, '\0');
  while (true) {
    const ssize_t count = recv(socket_, packet.data(), packet.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    worker::v1::ShareOrder order;
    if (order.ParseFromArray(packet.data(), static_cast<int>(count))) Obey(order);
    Join(false);
  }
  Join(true);
}

void ShareLoop::Obey(const worker::v1::ShareOrder& order) {
  const AttemptKey key{order.run_id(), order.attempt()};
  absl::MutexLock lock(&mutex_);
  const auto found = attempts_.find(key);
  if (order.stop()) {
    if (found != attempts_.end()) found->second->stop.request_stop();
    return;
  }
  if (found != attempts_.end()) return;
  Attempt& attempt = *(attempts_[key] = std::make_unique<Attempt>());
  if (stopped_) attempt.stop.request_stop();
  attempt.thread = std::thread([this, key, &attempt] { RunOne(key, attempt); });
}

void ShareLoop::StopAll() {
  std::vector<std::stop_source> stops;
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    for (const auto& [unused, attempt] : attempts_) stops.push_back(attempt->stop);
  }
  for (std::stop_source& stop : stops) stop.request_stop();
}

void ShareLoop::RunOne(const AttemptKey& key, Attempt& attempt) {
  run_(key, attempt.stop);
  worker::v1::ShareNote note;
  note.set_run_id(key.run_id);
  note.set_attempt(key.attempt);
  const std::string packet = note.SerializeAsString();
  // Without a server there is nobody to tell.
  send(socket_, packet.data(), packet.size(), MSG_NOSIGNAL);
  absl::MutexLock lock(&mutex_);
  attempt.left = true;
}

void ShareLoop::Join(bool all) {
  // An attempt stays where a stop finds it until its thread has ended. Only this thread
  // adds and removes any, so the place of one holds while nobody locks.
  while (true) {
    decltype(attempts_)::iterator next;
    {
      absl::MutexLock lock(&mutex_);
      next = std::find_if(attempts_.begin(), attempts_.end(),
                          [all](const auto& entry) { return all || entry.second->left; });
      if (next == attempts_.end()) return;
    }
    next->second->thread.join();
    absl::MutexLock lock(&mutex_);
    attempts_.erase(next);
  }
}

}  // namespace traind
