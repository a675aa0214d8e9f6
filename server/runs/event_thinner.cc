#include "server/runs/event_thinner.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "server/runs/event_kind.h"

namespace traind {
namespace {

bool HasValue(v1::EventKind kind) {
  return kind == v1::EVENT_KIND_TRAIN_STEP || kind == v1::EVENT_KIND_EPOCH_FINISHED;
}

// What the extremes are taken of; 0 for a kind without. A loss that is no number
// is what a reader must see first of all, so it counts as the highest.
double ValueOf(const v1::Event& event) {
  const double value = event.has_train_step() ? double{event.train_step().loss()}
                                              : event.epoch_finished().eval_loss();
  return std::isnan(value) ? std::numeric_limits<double>::infinity() : value;
}

// Puts what came later into a bucket: of equal values the first is the lowest and
// the last the highest, so that two events of one value both stay.
void Widen(const LoggedEventPointer& lowest, const LoggedEventPointer& highest,
           LoggedEventPointer& bucket_lowest, LoggedEventPointer& bucket_highest) {
  if (ValueOf(lowest->event()) < ValueOf(bucket_lowest->event())) bucket_lowest = lowest;
  if (ValueOf(highest->event()) >= ValueOf(bucket_highest->event())) bucket_highest = highest;
}

bool IsMilestone(v1::EventKind kind) {
  return kind == v1::EVENT_KIND_STATE_CHANGED || kind == v1::EVENT_KIND_MODEL_PUBLISHED;
}

}  // namespace

void EventThinner::Add(LoggedEventPointer event) {
  const v1::EventKind kind = KindOf(event->event());
  Series& series = series_[kind];
  if (series.first == nullptr) {
    series.first = std::move(event);
    return;
  }
  if (series.newest != nullptr) AddToBuckets(kind, std::move(series.newest), series);
  series.newest = std::move(event);
}

void EventThinner::AddToBuckets(v1::EventKind kind, LoggedEventPointer event,
                                Series& series) const {
  // The first and the newest are points too.
  const int points = (IsMilestone(kind) ? milestones_max_ : max_points_) - 2;
  const size_t buckets_max = HasValue(kind) ? points / 2 : points;
  if (series.buckets.empty() || series.buckets.back().event_count >= series.bucket_events) {
    if (series.buckets.size() >= buckets_max) HalveBuckets(series);
  }
  if (series.buckets.empty() || series.buckets.back().event_count >= series.bucket_events) {
    series.buckets.push_back({event, event, 1});
    return;
  }
  Bucket& last = series.buckets.back();
  ++last.event_count;
  if (HasValue(kind)) Widen(event, event, last.lowest, last.highest);
}

void EventThinner::HalveBuckets(Series& series) {
  std::vector<Bucket>& buckets = series.buckets;
  size_t kept = 0;
  for (size_t i = 0; i < buckets.size(); i += 2, ++kept) {
    Bucket merged = std::move(buckets[i]);
    if (i + 1 < buckets.size()) {
      const Bucket& second = buckets[i + 1];
      merged.event_count += second.event_count;
      if (HasValue(KindOf(second.lowest->event()))) {
        Widen(second.lowest, second.highest, merged.lowest, merged.highest);
      }
    }
    buckets[kept] = std::move(merged);
  }
  buckets.resize(kept);
  series.bucket_events *= 2;
}

std::vector<LoggedEventPointer> EventThinner::Take() {
  std::vector<LoggedEventPointer> events;
  for (auto& [kind, series] : series_) {
    events.push_back(std::move(series.first));
    for (Bucket& bucket : series.buckets) {
      if (bucket.highest != bucket.lowest) events.push_back(std::move(bucket.highest));
      events.push_back(std::move(bucket.lowest));
    }
    if (series.newest != nullptr) events.push_back(std::move(series.newest));
  }
  series_.clear();
  std::sort(events.begin(), events.end(),
            [](const LoggedEventPointer& left, const LoggedEventPointer& right) {
              return left->sequence() < right->sequence();
            });
  return events;
}

}  // namespace traind
