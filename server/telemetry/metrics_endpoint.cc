#include "server/telemetry/metrics_endpoint.h"

#include <prometheus/exposer.h>
#include <prometheus/registry.h>

#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"

namespace traind {
namespace {

// Scrapes come seconds apart; a second thread keeps a hung scraper from blocking them.
constexpr int kHttpThreads = 2;

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsEndpoint>> MetricsEndpoint::Start(
    const std::string& listen_address, const std::shared_ptr<prometheus::Registry>& registry) {
  std::unique_ptr<prometheus::Exposer> exposer;
  // The one place where the library reports by exception.
  try {
    exposer = std::make_unique<prometheus::Exposer>(listen_address, kHttpThreads);
  } catch (const std::exception& error) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", listen_address,
                     " for metrics: expected a free host:port of this machine; choose another with "
                     "--metrics-listen, or turn metrics off with --metrics-listen=\"\""));
  }
  exposer->RegisterCollectable(registry);
  const std::string host = listen_address.substr(0, listen_address.rfind(':'));
  std::string address = absl::StrCat(host, ":", exposer->GetListeningPorts().front());
  return std::unique_ptr<MetricsEndpoint>(
      new MetricsEndpoint(std::move(exposer), std::move(address)));
}

MetricsEndpoint::MetricsEndpoint(std::unique_ptr<prometheus::Exposer> exposer, std::string address)
    : exposer_(std::move(exposer)), address_(std::move(address)) {}

MetricsEndpoint::~MetricsEndpoint() = default;

}  // namespace traind
