#include "server/telemetry/metrics_endpoint.h"

#include <netdb.h>
#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <sys/socket.h>
#include <unistd.h>

#include <exception>
#include <thread>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace traind {
namespace {

// Scrapes come seconds apart; a second thread keeps a hung scraper from blocking them.
constexpr int kHttpThreads = 2;

// Connects to a listening socket and hangs up.
void Poke(const std::string& address) {
  const size_t colon = address.rfind(':');
  const std::string host = absl::StrReplaceAll(address.substr(0, colon), {{"[", ""}, {"]", ""}});
  addrinfo hints = {};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* target = nullptr;
  if (getaddrinfo(host.c_str(), address.c_str() + colon + 1, &hints, &target) != 0) return;
  const absl::Cleanup free_target = [target] { freeaddrinfo(target); };
  const int fd = socket(target->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  // Whether it connects does not matter: it is only meant to wake a poll.
  if (connect(fd, target->ai_addr, target->ai_addrlen) == 0) shutdown(fd, SHUT_RDWR);
  close(fd);
}

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsEndpoint>> MetricsEndpoint::Start(
    const std::string& listen_address, const std::shared_ptr<prometheus::Collectable>& page) {
  std::unique_ptr<prometheus::Exposer> exposer;
  // The one place where the library reports by exception.
  try {
    exposer = std::make_unique<prometheus::Exposer>(listen_address, kHttpThreads);
  } catch (const std::exception& error) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", listen_address,
                     " for metrics: expected a free host:port of this machine; choose another with "
                     "--metrics-listen, or turn metrics off with `--metrics-listen off`"));
  }
  exposer->RegisterCollectable(page);
  const std::string host = listen_address.substr(0, listen_address.rfind(':'));
  std::string address = absl::StrCat(host, ":", exposer->GetListeningPorts().front());
  return std::unique_ptr<MetricsEndpoint>(
      new MetricsEndpoint(std::move(exposer), std::move(address)));
}

MetricsEndpoint::MetricsEndpoint(std::unique_ptr<prometheus::Exposer> exposer, std::string address)
    : exposer_(std::move(exposer)), address_(std::move(address)) {}

MetricsEndpoint::~MetricsEndpoint() {
  // The HTTP server looks whether it should stop only every two seconds, or
  // when somebody connects.
  absl::Notification stopped;
  std::thread stop([this, &stopped] {
    exposer_.reset();
    stopped.Notify();
  });
  while (!stopped.WaitForNotificationWithTimeout(absl::Milliseconds(10))) Poke(address_);
  stop.join();
}

}  // namespace traind
