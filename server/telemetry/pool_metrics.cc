#include "server/telemetry/pool_metrics.h"

#include "absl/strings/str_cat.h"
#include "server/telemetry/buckets.h"
#include "server/telemetry/families.h"

namespace traind {
namespace {

// Models beyond the bound.
constexpr char kOtherModel[] = "other";

const char* LoadStateLabel(ModelPool::State state) {
  switch (state) {
    case ModelPool::State::kLoading:
      return "loading";
    case ModelPool::State::kReady:
      return "ready";
    case ModelPool::State::kUnavailable:
      return "unavailable";
    case ModelPool::State::kUnknown:
      break;
  }
  return "unknown";
}

const char* ReasonLabel(ModelPool::Cause cause) {
  switch (cause) {
    case ModelPool::Cause::kLoadFailed:
      return "failed";
    case ModelPool::Cause::kLost:
      return "lost";
    case ModelPool::Cause::kUnloaded:
      return "unloaded";
    case ModelPool::Cause::kEvicted:
      return "evicted";
    default:
      return "";
  }
}

}  // namespace

PoolMetrics::PoolMetrics(const Bounds& bounds, prometheus::Registry& registry)
    : bounds_(bounds),
      state_(GaugeFamily("traind_model_state",
                         "Always 1; the label tells in which state a version is now (loading, "
                         "ready, unavailable), the reason why it is unavailable: failed (its "
                         "load), lost (its process), unloaded, evicted.",
                         registry)),
      memory_(GaugeFamily("traind_model_memory_bytes",
                          "What the weights of a version occupy; 0 when it is not loaded.",
                          registry)),
      loads_(CounterFamily("traind_model_loads_total",
                           "Loads of versions of a model that have ended, by result: ok, failed.",
                           registry)),
      evictions_(CounterFamily("traind_model_evictions_total",
                               "Versions of a model that made room for others.", registry)),
      losses_(CounterFamily("traind_model_losses_total",
                            "Versions of a model whose process has died.", registry)),
      load_seconds_(HistogramFamily("traind_model_load_seconds",
                                    "Time of loading a version of a model, with its warm-up.",
                                    registry)) {}

void PoolMetrics::OnState(const ModelPool::Status& status) {
  absl::MutexLock lock(&mutex_);
  Totals& totals = TotalsOf(status.model);
  const bool failed = status.cause == ModelPool::Cause::kLoadFailed;
  if (failed || status.cause == ModelPool::Cause::kLoaded) {
    (failed ? totals.failures : totals.loads).Increment();
    totals.load_seconds.Observe(absl::ToDoubleSeconds(status.load_time));
  }
  if (status.cause == ModelPool::Cause::kEvicted) totals.evictions.Increment();
  if (status.cause == ModelPool::Cause::kLost) totals.losses.Increment();

  const Key key{status.model, status.version};
  const auto before = by_key_.find(key);
  if (before != by_key_.end()) Remove(before->second);
  if (status.state == ModelPool::State::kUnknown) return;
  if (static_cast<int>(standings_.size()) >= bounds_.versions_max) {
    Remove(std::prev(standings_.end()));
  }
  prometheus::Labels labels = {{"model", status.model}, {"version", absl::StrCat(status.version)}};
  prometheus::Gauge& memory = memory_.Add(labels, static_cast<double>(status.memory_bytes));
  labels["state"] = LoadStateLabel(status.state);
  labels["reason"] =
      status.state == ModelPool::State::kUnavailable ? ReasonLabel(status.cause) : "";
  standings_.push_front({key, &state_.Add(labels, 1), &memory});
  by_key_[key] = standings_.begin();
}

PoolMetrics::Totals& PoolMetrics::TotalsOf(const std::string& model) {
  const auto found = totals_.find(model);
  if (found != totals_.end()) return found->second;
  const bool room = static_cast<int>(totals_.size()) < bounds_.models_max;
  if (!room && model != kOtherModel) return TotalsOf(kOtherModel);
  const prometheus::Labels labels = {{"model", model}};
  const Totals totals{.loads = loads_.Add({{"model", model}, {"result", "ok"}}),
                      .failures = loads_.Add({{"model", model}, {"result", "failed"}}),
                      .evictions = evictions_.Add(labels),
                      .losses = losses_.Add(labels),
                      .load_seconds = load_seconds_.Add(labels, CheckpointBuckets())};
  return totals_.emplace(model, totals).first->second;
}

void PoolMetrics::Remove(std::list<Standing>::iterator standing) {
  state_.Remove(standing->state);
  memory_.Remove(standing->memory);
  by_key_.erase(standing->key);
  standings_.erase(standing);
}

}  // namespace traind
