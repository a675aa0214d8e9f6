#ifndef TRAIND_SERVER_SERVER_H_
#define TRAIND_SERVER_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/options.h"

namespace traind {

// A whole server: everything that traind is made of, put together. Thread-safe.
class Server {
 public:
  // Takes the data directory, settles what an earlier server left in flight, and
  // serves. The error is one line for people: FAILED_PRECONDITION another server
  // has the data directory, UNAVAILABLE an address is taken, INVALID_ARGUMENT bad
  // TLS material or recipes, PERMISSION_DENIED an unwritable directory…
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options);
  Server(const Server&) = delete;
  // Shuts down at once, if that has not happened yet.
  ~Server();

  // Where it listens, with the ports that were chosen. The metrics' is empty when off.
  const std::string& address() const;
  const std::string& metrics_address() const;

  // Stops cleanly within `grace`: health says NOT_SERVING, workers checkpoint and
  // stop, predictions in flight finish, streams end with UNAVAILABLE. Runs in
  // flight go on when the next server starts. Call once.
  void Shutdown(absl::Duration grace);
  // Makes a Shutdown that is under way on another thread end workers by force.
  void Hurry();

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);

  const std::unique_ptr<Parts> parts_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_SERVER_H_
