#ifndef TRAIND_SERVER_SWEEPS_SWEEP_STORE_H_
#define TRAIND_SERVER_SWEEPS_SWEEP_STORE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "traind/v1/sweep.pb.h"

namespace traind {

// Durable home of sweeps. Thread-safe. When a call returns OK, what it stored survives
// `kill -9`. One contract suite (tests/contract/sweep_store_contract.h) holds every
// implementation to this page.
class SweepStore {
 public:
  virtual ~SweepStore() = default;

  // Stores a new sweep under the next number of its recipe's name: sets sweep.id to
  // `<recipe name>-sweep-<number>`, numbers starting at 1 and never given twice, and
  // returns it. `request_digest` fingerprints the request that made it.
  // ALREADY_EXISTS when the sweep's request_id has made one before.
  virtual absl::StatusOr<v1::Sweep> Create(v1::Sweep sweep, absl::string_view request_digest) = 0;

  // Replaces a stored sweep, whole. NOT_FOUND.
  virtual absl::Status Update(const v1::Sweep& sweep) = 0;

  // NOT_FOUND "no sweep s4-sweep-9; ..."
  virtual absl::StatusOr<v1::Sweep> Get(absl::string_view sweep_id) const = 0;

  // A page of sweeps, newest first: at most `count`, created before the sweep
  // `before_id` (empty: from the newest), of the recipe of this name (empty: all).
  // NOT_FOUND for an unknown before_id.
  virtual absl::StatusOr<std::vector<v1::Sweep>> List(int count, absl::string_view before_id,
                                                      absl::string_view name) const = 0;

  // Every sweep that is RUNNING, oldest first.
  virtual absl::StatusOr<std::vector<v1::Sweep>> ListActive() const = 0;

  struct RequestMatch {
    std::string sweep_id;
    std::string request_digest;
  };
  // The sweep that a request_id made, if any.
  virtual absl::StatusOr<std::optional<RequestMatch>> FindRequest(
      absl::string_view request_id) const = 0;

  // NOT_FOUND.
  virtual absl::Status Delete(absl::string_view sweep_id) = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_SWEEPS_SWEEP_STORE_H_
