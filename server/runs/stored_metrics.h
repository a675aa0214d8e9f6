#ifndef TRAIND_SERVER_RUNS_STORED_METRICS_H_
#define TRAIND_SERVER_RUNS_STORED_METRICS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>

#include "traind/v1/run.pb.h"

namespace traind {

// How far a run's stored metric events reach, and what the newest of them say. A
// later attempt repeats steps that an earlier one has reported; since metric events
// are emitted by step count, those repeats are recognised by their step, compared
// and left out. Not thread-safe.
class StoredMetrics {
 public:
  // Remembers what the newest `compared_max` events say; older ones are recognised
  // but not compared.
  explicit StoredMetrics(size_t compared_max = 16384) : compared_max_(compared_max) {}

  // What is known of an event that a worker reports.
  enum class Match {
    kNew,      // nothing of this kind and step, or it has no step (messages, state changes)
    kRepeat,   // stored, and alike as far as is remembered
    kDiffers,  // stored with other figures: the attempt does not compute the same bits
  };
  Match Compare(const v1::Event& event) const;

  // Notes an event that is stored.
  void Note(const v1::Event& event);

  // Notes how far the run says that it has come, for events that are not looked at.
  void NoteRun(const v1::Run& run);

 private:
  using Key = std::pair<v1::Event::PayloadCase, int64_t>;  // kind, and step or epoch

  bool Reaches(const Key& key) const;

  size_t compared_max_;
  std::map<v1::Event::PayloadCase, int64_t> reach_;
  std::map<Key, uint64_t> digests_;
  std::deque<Key> order_;  // of the digests, oldest first
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_STORED_METRICS_H_
