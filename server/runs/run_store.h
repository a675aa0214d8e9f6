#ifndef TRAIND_SERVER_RUNS_RUN_STORE_H_
#define TRAIND_SERVER_RUNS_RUN_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "traind/v1/run.pb.h"

namespace traind {

// Which runs a list holds.
struct RunFilter {
  std::vector<v1::RunState> states;  // none: all
  std::string name;                  // of the recipe; empty: all
  std::string sweep_id;              // that started them; empty: all
};

// Durable home of runs and their events. Thread-safe. When a call returns OK,
// what it stored survives `kill -9`. One contract suite
// (tests/contract/run_store_contract.h) holds every implementation to this page.
class RunStore {
 public:
  virtual ~RunStore() = default;

  // Stores a new run with its first events under the next number of its recipe's
  // name: sets run.id to `<recipe name>-<number>`, numbers starting at 1 and never
  // given twice, and returns it. The events are numbered 1, 2, 3… up to
  // run.last_sequence, and get the run's id as they are stored; else
  // FAILED_PRECONDITION. `request_digest` fingerprints the request that made it
  // (empty: none). ALREADY_EXISTS when the run's request_id has made a run before.
  virtual absl::StatusOr<v1::Run> Create(v1::Run run, absl::string_view request_digest,
                                         absl::Span<const v1::Event> events) = 0;

  // Replaces a stored run, whole, but for `progress`, which is never stored.
  // NOT_FOUND; FAILED_PRECONDITION when last_sequence is not what is stored.
  virtual absl::Status Update(const v1::Run& run) = 0;

  // Stores the run and its new events together, or neither. Events carry their
  // sequence already: run.last_sequence before it plus 1, 2, 3…, else
  // FAILED_PRECONDITION. Sets nothing; run.last_sequence must be the last event's.
  // Events before run.first_sequence are forgotten.
  virtual absl::Status UpdateWithEvents(const v1::Run& run, absl::Span<const v1::Event> events) = 0;

  // NOT_FOUND "no run s4-9; ..."
  virtual absl::StatusOr<v1::Run> Get(absl::string_view run_id) const = 0;

  // A page of the runs that pass the filter, newest first: at most `count`, created
  // before the run `before_id` (empty: from the newest). NOT_FOUND for an unknown
  // before_id.
  virtual absl::StatusOr<std::vector<v1::Run>> List(int count, absl::string_view before_id,
                                                    const RunFilter& filter) const = 0;

  // Every run in a non-terminal state, oldest first.
  virtual absl::StatusOr<std::vector<v1::Run>> ListActive() const = 0;

  // Ids of all runs in a terminal state, oldest first.
  virtual absl::StatusOr<std::vector<std::string>> ListEnded() const = 0;

  struct RequestMatch {
    std::string run_id;
    std::string request_digest;
  };
  // The run that a request_id made, if any.
  virtual absl::StatusOr<std::optional<RequestMatch>> FindRequest(
      absl::string_view request_id) const = 0;

  // Events with sequence > after_sequence that are kept, oldest first, at most
  // `count`. NOT_FOUND for an unknown run.
  virtual absl::StatusOr<std::vector<v1::Event>> ReadEvents(absl::string_view run_id,
                                                            int64_t after_sequence,
                                                            int count) const = 0;

  // Deletes a run with its events; its request_id may start another run from then
  // on. NOT_FOUND; FAILED_PRECONDITION while it is not in a terminal state.
  virtual absl::Status Delete(absl::string_view run_id) = 0;

  // Gives back some of the space of what was deleted or forgotten, in a piece that
  // holds up other writes for milliseconds only. True when there is more to do.
  virtual absl::StatusOr<bool> Reclaim() = 0;

  // What the store occupies on disk.
  virtual int64_t SizeBytes() const = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_RUN_STORE_H_
