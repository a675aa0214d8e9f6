#ifndef TRAIND_SERVER_TELEMETRY_METRICS_ENDPOINT_H_
#define TRAIND_SERVER_TELEMETRY_METRICS_ENDPOINT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace prometheus {
class Collectable;
class Exposer;
}  // namespace prometheus

namespace traind {

// Serves metrics as `http://<address>/metrics` for Prometheus to scrape.
class MetricsEndpoint {
 public:
  // `listen_address` is host:port; port 0 picks a free one. UNAVAILABLE when it
  // cannot be listened on.
  static absl::StatusOr<std::unique_ptr<MetricsEndpoint>> Start(
      const std::string& listen_address, const std::shared_ptr<prometheus::Collectable>& page);
  MetricsEndpoint(const MetricsEndpoint&) = delete;
  // Stops serving.
  ~MetricsEndpoint();

  // Where it listens, with the port that was chosen.
  const std::string& address() const { return address_; }

 private:
  MetricsEndpoint(std::unique_ptr<prometheus::Exposer> exposer, std::string address);

  std::unique_ptr<prometheus::Exposer> exposer_;
  const std::string address_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TELEMETRY_METRICS_ENDPOINT_H_
