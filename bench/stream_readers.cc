// Many readers of one run's events: streams over several connections, each of which
// checks that no event is missing or repeated. Prints one line of JSON: messages,
// events, the largest delay, and its own processor time.

#include <grpcpp/grpcpp.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "traind/v1/training_service.grpc.pb.h"

namespace {

struct Flags {
  std::string server;
  std::string run;
  int streams = 1;
  int connections = 1;
  int stalled = 0;
  int64_t after = 0;
  bool progress = false;
  bool no_follow = false;
};

struct Totals {
  std::atomic<int64_t> messages = 0;
  std::atomic<int64_t> events = 0;
  std::atomic<int64_t> gaps = 0;
  std::atomic<int64_t> failed_streams = 0;
  std::atomic<int64_t> largest_delay_us = 0;
  std::atomic<int64_t> first_message_us = 0;
};

// One stream, read to its end.
class Reader final : public grpc::ClientReadReactor<traind::v1::StreamMetricsResponse> {
 public:
  Reader(traind::v1::TrainingService::Stub& stub, const traind::v1::StreamMetricsRequest& request,
         bool stalled, Totals& totals, absl::BlockingCounter& ends)
      : request_(request),
        cursor_(request.after_sequence()),
        stalled_(stalled),
        totals_(totals),
        ends_(ends),
        start_(absl::Now()) {
    stub.async()->StreamMetrics(&context_, &request_, this);
    // Without it the server's messages fill the window of the stream, and no more.
    if (!stalled_) StartRead(&response_);
    StartCall();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    const absl::Time now = absl::Now();
    if (totals_.messages++ == 0) {
      totals_.first_message_us = absl::ToInt64Microseconds(now - start_);
    }
    for (const traind::v1::Event& event : response_.events()) {
      if (event.sequence() != cursor_ + 1) ++totals_.gaps;
      cursor_ = event.sequence();
      ++totals_.events;
      const absl::Time time =
          absl::FromUnixSeconds(event.time().seconds()) + absl::Nanoseconds(event.time().nanos());
      if (time < start_) continue;
      const int64_t delay = absl::ToInt64Microseconds(now - time);
      int64_t largest = totals_.largest_delay_us;
      while (delay > largest && !totals_.largest_delay_us.compare_exchange_weak(largest, delay)) {
      }
    }
    StartRead(&response_);
  }

  void OnDone(const grpc::Status& status) override {
    if (!status.ok() && !stalled_) ++totals_.failed_streams;
    ends_.DecrementCount();
  }

  void Cancel() { context_.TryCancel(); }

 private:
  const traind::v1::StreamMetricsRequest request_;
  int64_t cursor_;
  const bool stalled_;
  Totals& totals_;
  absl::BlockingCounter& ends_;
  const absl::Time start_;
  grpc::ClientContext context_;
  traind::v1::StreamMetricsResponse response_;
};

double ProcessorSeconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::vector<std::unique_ptr<traind::v1::TrainingService::Stub>> Connect(const Flags& flags) {
  std::vector<std::unique_ptr<traind::v1::TrainingService::Stub>> stubs;
  for (int i = 0; i < flags.connections; ++i) {
    grpc::ChannelArguments arguments;
    // Else channels to one address share a connection.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetMaxReceiveMessageSize(64 << 20);
    stubs.push_back(traind::v1::TrainingService::NewStub(
        grpc::CreateCustomChannel(flags.server, grpc::InsecureChannelCredentials(), arguments)));
  }
  return stubs;
}

void Print(const Totals& totals, double seconds) {
  std::cout << absl::StrFormat(
      "{\"messages\": %d, \"events\": %d, \"gaps\": %d, \"failed_streams\": %d, "
      "\"largest_delay_ms\": %.1f, \"first_message_ms\": %.1f, \"seconds\": %.3f, "
      "\"processor_seconds\": %.2f}\n",
      totals.messages.load(), totals.events.load(), totals.gaps.load(),
      totals.failed_streams.load(), static_cast<double>(totals.largest_delay_us) / 1e3,
      static_cast<double>(totals.first_message_us) / 1e3, seconds, ProcessorSeconds());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Reads a run's events with many streams.", "stream_readers");
  Flags flags;
  app.add_option("--server", flags.server)->required();
  app.add_option("--run", flags.run)->required();
  app.add_option("--streams", flags.streams, "Streams that read")->capture_default_str();
  app.add_option("--connections", flags.connections)->capture_default_str();
  app.add_option("--stalled", flags.stalled, "Further streams that never read");
  app.add_option("--after", flags.after, "Only events after this sequence");
  app.add_flag("--progress", flags.progress, "With the progress of the running epoch");
  app.add_flag("--no-follow", flags.no_follow, "End after the newest event");
  CLI11_PARSE(app, argc, argv);

  const auto stubs = Connect(flags);
  traind::v1::StreamMetricsRequest request;
  request.set_run_id(flags.run);
  request.set_after_sequence(flags.after);
  request.set_include_progress(flags.progress);
  request.set_no_follow(flags.no_follow);
  Totals totals;
  const absl::Time start = absl::Now();
  absl::BlockingCounter reading_ends(flags.streams);
  absl::BlockingCounter stalled_ends(flags.stalled);
  std::vector<std::unique_ptr<Reader>> readers;
  for (int i = 0; i < flags.streams + flags.stalled; ++i) {
    const bool stalled = i >= flags.streams;
    readers.push_back(std::make_unique<Reader>(*stubs[i % stubs.size()], request, stalled, totals,
                                               stalled ? stalled_ends : reading_ends));
  }
  reading_ends.Wait();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  for (int i = flags.streams; i < flags.streams + flags.stalled; ++i) readers[i]->Cancel();
  if (flags.stalled > 0) stalled_ends.Wait();
  Print(totals, seconds);
  return totals.gaps == 0 && totals.failed_streams == 0 ? 0 : 1;
}
