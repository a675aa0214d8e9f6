#include "server/telemetry/model_metrics.h"

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "server/telemetry/buckets.h"
#include "server/telemetry/families.h"

namespace traind {
namespace {

// Models beyond the bound.
constexpr char kOtherModels[] = "other";

// By AttemptEnd.
constexpr const char* kReasons[] = {"finished", "stopped", "failed", "lost"};

}  // namespace

std::string StateLabel(v1::RunState state) {
  return absl::AsciiStrToLower(absl::StripPrefix(v1::RunState_Name(state), "RUN_STATE_"));
}

ModelMetrics::ModelMetrics(int models_max, prometheus::Registry& registry)
    : models_max_(models_max),
      runs_(GaugeFamily("traind_runs", "Runs by state; ended ones since this server's start.",
                        registry)),
      attempts_(CounterFamily("traind_run_attempts_total",
                              "Attempts at runs that have ended, by reason: finished, stopped (by "
                              "a user or a shutdown), failed, lost (crashed or silent worker).",
                              registry)),
      queue_wait_(HistogramFamily("traind_queue_wait_seconds",
                                  "Time that runs waited in the queue, up to the start of their "
                                  "worker.",
                                  registry)),
      samples_(CounterFamily("traind_train_samples_total",
                             "Training rows that have gone through an optimizer step.", registry)),
      step_seconds_(HistogramFamily("traind_train_step_seconds",
                                    "Wall time of optimizer steps; the steps of an epoch count at "
                                    "its end, with their mean.",
                                    registry)),
      data_wait_(CounterFamily("traind_train_data_wait_seconds_total",
                               "Part of traind_train_step_seconds_sum in which the training waited "
                               "for its next batch.",
                               registry)),
      checkpoint_seconds_(HistogramFamily("traind_checkpoint_write_seconds",
                                          "Wall time of writing a checkpoint.", registry)),
      checkpoint_bytes_(CounterFamily("traind_checkpoint_bytes_total",
                                      "Size of the checkpoints written.", registry)) {}

ModelSeries& ModelMetrics::Of(const std::string& model) {
  auto found = models_.find(model);
  if (found != models_.end()) return found->second;
  if (static_cast<int>(models_.size()) < models_max_) {
    return models_.emplace(model, Make(model)).first->second;
  }
  found = models_.find(kOtherModels);
  if (found == models_.end()) found = models_.emplace(kOtherModels, Make(kOtherModels)).first;
  return found->second;
}

ModelSeries ModelMetrics::Make(const std::string& model) {
  const prometheus::Labels labels = {{"model", model}};
  ModelSeries series{.model = model,
                     .queue_wait = queue_wait_.Add(labels, QueueWaitBuckets()),
                     .samples = samples_.Add(labels),
                     .step_seconds = step_seconds_.Add(labels, StepBuckets()),
                     .data_wait = data_wait_.Add(labels),
                     .checkpoint_seconds = checkpoint_seconds_.Add(labels, CheckpointBuckets()),
                     .checkpoint_bytes = checkpoint_bytes_.Add(labels)};
  for (int state = v1::RUN_STATE_QUEUED; state < v1::RunState_ARRAYSIZE; ++state) {
    series.runs[state] =
        &runs_.Add({{"model", model}, {"state", StateLabel(static_cast<v1::RunState>(state))}});
  }
  for (size_t end = 0; end < series.attempts.size(); ++end) {
    series.attempts[end] = &attempts_.Add({{"model", model}, {"reason", kReasons[end]}});
  }
  return series;
}

}  // namespace traind
