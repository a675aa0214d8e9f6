#ifndef TRAIND_SERVER_RUNS_STORED_METRICS_H_
#define TRAIND_SERVER_RUNS_STORED_METRICS_H_

#include <cstdint>

#include "traind/v1/run.pb.h"

namespace traind {

// How far a run's stored metric events reach. A later attempt repeats steps that
// an earlier one has reported; since metric events are emitted by step count,
// those repeats are recognised by their step and left out. Not thread-safe.
class StoredMetrics {
 public:
  // True when an event of this kind and step has been noted: it is a repeat.
  // Events without a step (messages, state changes) never are.
  bool Contains(const v1::Event& event) const;

  // Notes an event that is stored.
  void Note(const v1::Event& event);

 private:
  int64_t train_step_ = 0;
  int64_t epoch_started_ = 0;
  int64_t epoch_finished_ = 0;
  int64_t checkpoint_step_ = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_STORED_METRICS_H_
