#ifndef TRAIND_SERVER_RUNS_EVENT_THINNER_H_
#define TRAIND_SERVER_RUNS_EVENT_THINNER_H_

#include <cstdint>
#include <map>
#include <vector>

#include "server/runs/logged_event.h"
#include "traind/v1/run.pb.h"

namespace traind {

// Thins out a run's history in one pass, in memory that depends on the number of
// points and not on the history. What is kept are events of the run, never
// means. Of each kind the first, the newest and about `max_points` between stay:
// of a kind that has a value (the loss of a train step, the evaluation loss of an
// epoch) the lowest and the highest of each stretch, so that no spike is lost; of
// others one of each stretch. Fewer than `max_points` of a kind stay all. Changes
// of state and published models count apart, with a bound of their own. The
// outcome depends on the events alone. Not thread-safe.
class EventThinner {
 public:
  // `max_points` and `milestones_max` are at least 4.
  EventThinner(int max_points, int milestones_max)
      : max_points_(max_points), milestones_max_(milestones_max) {}

  // In order of sequence.
  void Add(LoggedEventPointer event);

  // What is left, in order of sequence. The thinner is empty afterwards.
  std::vector<LoggedEventPointer> Take();

 private:
  // The extremes of one stretch of events of a kind, which may be one and the same;
  // of a kind without a value the first event.
  struct Bucket {
    LoggedEventPointer lowest;
    LoggedEventPointer highest;
    int64_t event_count = 0;
  };
  // The events of one kind: the first, buckets of equally many, the newest.
  struct Series {
    LoggedEventPointer first;
    std::vector<Bucket> buckets;
    int64_t bucket_events = 1;  // in a full bucket
    LoggedEventPointer newest;  // in no bucket yet
  };
  // Puts an event into the last bucket of the series, or into a new one.
  void AddToBuckets(v1::EventKind kind, LoggedEventPointer event, Series& series) const;
  // Makes one bucket of each pair.
  static void HalveBuckets(Series& series);

  // Constant after construction.
  const int max_points_;
  const int milestones_max_;

  std::map<v1::EventKind, Series> series_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_EVENT_THINNER_H_
