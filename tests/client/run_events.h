#ifndef TRAIND_TESTS_CLIENT_RUN_EVENTS_H_
#define TRAIND_TESTS_CLIENT_RUN_EVENTS_H_

#include <string>
#include <vector>

#include "client/run_listener.h"
#include "client/waiter.h"
#include "traind/v1/training_service.pb.h"

namespace traind {

// Events of run s4-1 for tests.

inline v1::Event StateEvent(int64_t sequence, v1::RunState from, v1::RunState to,
                            const std::string& reason = "") {
  v1::Event event;
  event.set_run_id("s4-1");
  event.set_sequence(sequence);
  event.mutable_state_changed()->set_from(from);
  event.mutable_state_changed()->set_to(to);
  event.mutable_state_changed()->set_reason(reason);
  return event;
}

inline v1::Event SucceededEvent(int64_t sequence) {
  return StateEvent(sequence, v1::RUN_STATE_RUNNING, v1::RUN_STATE_SUCCEEDED);
}

inline v1::Event MessageEvent(int64_t sequence, const std::string& text) {
  v1::Event event;
  event.set_run_id("s4-1");
  event.set_sequence(sequence);
  event.mutable_message()->set_text(text);
  return event;
}

inline v1::EpochFinished FinishedEpoch(int epoch, float loss, int64_t steps, double seconds,
                                       double eval_loss, int64_t correct) {
  v1::EpochFinished finished;
  finished.set_epoch(epoch);
  finished.set_step_count(steps);
  finished.set_last_loss(loss);
  finished.set_train_seconds(seconds);
  finished.set_eval_loss(eval_loss);
  finished.set_eval_correct_count(correct);
  finished.set_eval_sample_count(10000);
  return finished;
}

inline v1::Event EpochEvent(int64_t sequence, const v1::EpochFinished& finished) {
  v1::Event event;
  event.set_run_id("s4-1");
  event.set_sequence(sequence);
  *event.mutable_epoch_finished() = finished;
  return event;
}

inline v1::Event EpochStartedEvent(int64_t sequence, int epoch) {
  v1::Event event;
  event.set_run_id("s4-1");
  event.set_sequence(sequence);
  event.mutable_epoch_started()->set_epoch(epoch);
  event.mutable_epoch_started()->set_step_count(938);
  return event;
}

// Without a last_sequence it is as of a server that does not know the field.
inline v1::StreamMetricsResponse Response(const std::vector<v1::Event>& events,
                                          int64_t last_sequence = 0) {
  v1::StreamMetricsResponse response;
  response.set_last_sequence(last_sequence);
  for (const v1::Event& event : events) *response.add_events() = event;
  return response;
}

// Waits by moving its own time forward. Used by one thread.
class FakeWaiter final : public Waiter {
 public:
  absl::Time Now() override { return now_; }
  void Wait(absl::Duration duration, std::stop_token) override {
    waits.push_back(duration);
    now_ += duration;
  }

  std::vector<absl::Duration> waits;

 private:
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
};

// Remembers what it was told.
class RecordingListener final : public RunListener {
 public:
  void OnEvent(const v1::Event& event) override { sequences.push_back(event.sequence()); }
  void OnProgress(const v1::Progress& progress) override { progresses.push_back(progress); }
  void OnReconnect(const absl::Status& reason, absl::Duration) override {
    reconnects.push_back(reason);
  }

  std::vector<int64_t> sequences;
  std::vector<v1::Progress> progresses;
  std::vector<absl::Status> reconnects;
};

}  // namespace traind

#endif  // TRAIND_TESTS_CLIENT_RUN_EVENTS_H_
