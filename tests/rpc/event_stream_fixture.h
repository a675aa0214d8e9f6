#ifndef TRAIND_TESTS_RPC_EVENT_STREAM_FIXTURE_H_
#define TRAIND_TESTS_RPC_EVENT_STREAM_FIXTURE_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "tests/rpc/rpc_fixture.h"

namespace traind {

// Drives the store and the event log directly, so that a test decides what there
// is to read and when.
class EventStreamFixture : public RpcFixture {
 protected:
  // A running run with `count` events.
  std::string CreateRun(int count) {
    v1::Run run;
    run.mutable_recipe()->set_name("s4");
    run.set_state(v1::RUN_STATE_RUNNING);
    const std::string run_id = store_.Create(run, "", {})->id();
    Append(run_id, count);
    return run_id;
  }

  void Append(const std::string& run_id, int count, bool end = false) {
    v1::Run run = *store_.Get(run_id);
    std::vector<v1::Event> events(count);
    for (v1::Event& event : events) {
      run.set_last_sequence(run.last_sequence() + 1);
      event.set_run_id(run_id);
      event.set_sequence(run.last_sequence());
      event.mutable_train_step()->set_step(run.last_sequence());
    }
    if (end) {
      run.set_state(v1::RUN_STATE_SUCCEEDED);
      events.back().mutable_state_changed()->set_to(v1::RUN_STATE_SUCCEEDED);
    }
    ASSERT_OK(store_.UpdateWithEvents(run, events));
    event_log_->Publish(run_id, events, end);
  }

  static v1::StreamMetricsRequest Request(const std::string& run_id, int64_t after = 0,
                                          bool no_follow = false) {
    v1::StreamMetricsRequest request;
    request.set_run_id(run_id);
    request.set_after_sequence(after);
    request.set_no_follow(no_follow);
    return request;
  }

  // Appends one event with this payload; sequence and run are filled in.
  void AppendEvent(const std::string& run_id, v1::Event event) {
    v1::Run run = *store_.Get(run_id);
    run.set_last_sequence(run.last_sequence() + 1);
    event.set_run_id(run_id);
    event.set_sequence(run.last_sequence());
    ASSERT_OK(store_.UpdateWithEvents(run, {event}));
    event_log_->Publish(run_id, {event}, false);
  }

  struct Received {
    std::vector<int64_t> sequences;
    std::vector<v1::Event> events;
    std::vector<int64_t> last_sequences;  // of every message
    int messages = 0;
    int largest_message = 0;
    bool last_is_terminal = false;
    grpc::Status status;
  };
  // Reads a stream to its end.
  Received ReadAll(const v1::StreamMetricsRequest& request) {
    grpc::ClientContext context;
    auto stream = training_->StreamMetrics(&context, request);
    Received received;
    v1::StreamMetricsResponse message;
    while (stream->Read(&message)) {
      ++received.messages;
      received.largest_message = std::max(received.largest_message, message.events_size());
      received.last_sequences.push_back(message.last_sequence());
      for (const v1::Event& event : message.events()) {
        received.sequences.push_back(event.sequence());
        received.events.push_back(event);
        received.last_is_terminal = event.state_changed().to() == v1::RUN_STATE_SUCCEEDED;
      }
    }
    received.status = stream->Finish();
    return received;
  }

  // after+1, after+2, … last.
  static std::vector<int64_t> Sequences(int64_t after, int64_t last) {
    std::vector<int64_t> sequences(last - after);
    std::iota(sequences.begin(), sequences.end(), after + 1);
    return sequences;
  }
};

}  // namespace traind

#endif  // TRAIND_TESTS_RPC_EVENT_STREAM_FIXTURE_H_
