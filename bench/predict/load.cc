#include "bench/predict/load.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "bench/predict/load_tally.h"
#include "bench/predict/waiting_caller.h"
#include "server/base/process_stat.h"

namespace traind {
namespace {

// One call on its way.
struct PendingCall {
  int64_t due = 0;
  size_t client = 0;
  grpc::ClientContext context;
  grpc::ByteBuffer answer;
  grpc::Status status;
  // Goes before the context.
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader;
};

// One load on one target: threads with a queue each, and what they all read.
class LoadRun {
 public:
  LoadRun(const std::vector<std::shared_ptr<grpc::Channel>>& channels, InferProtocol protocol,
          const std::vector<grpc::ByteBuffer>& requests, const Load& load)
      : protocol_(protocol), requests_(requests), load_(load) {
    for (const auto& channel : channels) stubs_.emplace_back(channel);
    start_ = NowNanoseconds();
    begin_ = start_ + absl::ToInt64Nanoseconds(load.warm_up);
    end_ = begin_ + absl::ToInt64Nanoseconds(load.duration);
    for (int i = 0; i < std::max(1, load.threads); ++i) {
      queues_.push_back(std::make_unique<grpc::CompletionQueue>());
      tallies_.emplace_back(protocol, begin_, end_);
    }
  }

  LoadResult Run() {
    std::vector<std::thread> threads;
    for (size_t i = 0; i < queues_.size(); ++i) {
      threads.emplace_back([this, i] { load_.rate > 0 ? TakeAnswers(i) : RunClients(i); });
    }
    if (load_.rate > 0) threads.emplace_back([this] { SendAtRandom(); });
    LoadResult result;
    const double server_seconds = MeasureProcessors(result);
    for (std::thread& thread : threads) thread.join();
    for (const LoadTally& tally : tallies_) tally.AddTo(result);
    if (sent_ != nullptr) sent_->AddTo(result);
    const double answers = result.answers_per_second * absl::ToDoubleSeconds(load_.duration);
    if (answers > 0) result.server_us_per_answer = server_seconds * 1e6 / answers;
    return result;
  }

 private:
  void Send(size_t number, size_t client, int64_t due, grpc::CompletionQueue& queue) {
    auto* const call = new PendingCall;
    call->due = due;
    call->client = client;
    if (load_.deadline > absl::ZeroDuration()) {
      call->context.set_deadline(absl::ToChronoTime(absl::Now() + load_.deadline));
    }
    call->reader = stubs_[client % stubs_.size()].PrepareUnaryCall(
        &call->context, PredictMethod(protocol_), requests_[number % requests_.size()], &queue);
    call->reader->StartCall();
    call->reader->Finish(&call->answer, &call->status, call);
  }

  // Closed loop: the clients with i % threads = index.
  void RunClients(size_t index) {
    grpc::CompletionQueue& queue = *queues_[index];
    const size_t clients = static_cast<size_t>(load_.clients);
    std::vector<size_t> next(clients);
    size_t active = 0;
    for (size_t client = index; client < clients; client += queues_.size()) {
      // Each starts elsewhere, so that they do not ask for the same at once.
      next[client] = client * requests_.size() / clients;
      Send(next[client]++, client, NowNanoseconds(), queue);
      ++active;
    }
    void* tag;
    bool ok;
    while (active > 0 && queue.Next(&tag, &ok)) {
      const std::unique_ptr<PendingCall> call(static_cast<PendingCall*>(tag));
      tallies_[index].Count(call->due, call->status, call->answer);
      const int64_t now = NowNanoseconds();
      if (now < end_) {
        Send(next[call->client]++, call->client, now, queue);
      } else {
        --active;
      }
    }
    queue.Shutdown();
    while (queue.Next(&tag, &ok)) {
    }
  }

  // Open loop: what one queue brings, until it is shut down and empty.
  void TakeAnswers(size_t index) {
    void* tag;
    bool ok;
    while (queues_[index]->Next(&tag, &ok)) {
      const std::unique_ptr<PendingCall> call(static_cast<PendingCall*>(tag));
      --outstanding_;
      tallies_[index].Count(call->due, call->status, call->answer);
    }
  }

  // Open loop: sends at moments that do not depend on the answers.
  void SendAtRandom() {
    sent_ = std::make_unique<LoadTally>(protocol_, begin_, end_);
    std::mt19937 engine(load_.seed);
    std::exponential_distribution<double> pause(load_.rate / 1e9);
    double due = static_cast<double>(start_);
    for (size_t number = 0;; ++number) {
      due += pause(engine);
      const int64_t moment = static_cast<int64_t>(due);
      if (moment >= end_) break;
      std::this_thread::sleep_until(
          std::chrono::steady_clock::time_point(std::chrono::nanoseconds(moment)));
      const bool has_room = outstanding_ < load_.outstanding_max;
      sent_->CountSent(moment, has_room);
      if (!has_room) continue;
      ++outstanding_;
      Send(number, number, moment, *queues_[number % queues_.size()]);
    }
    for (const auto& queue : queues_) queue->Shutdown();
  }

  static double ProcessorSeconds() {
    rusage usage = {};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }

  double ServerSeconds() const {
    if (load_.server_process == 0) return 0;
    const absl::StatusOr<ProcessStat> stat = ReadProcessStat(load_.server_process);
    return stat.ok() ? absl::ToDoubleSeconds(stat->cpu_time) : 0;
  }

  // Sleeps until the end of what counts; returns the server's processor time in it.
  double MeasureProcessors(LoadResult& result) const {
    absl::SleepFor(absl::Nanoseconds(begin_ - NowNanoseconds()));
    const double own_before = ProcessorSeconds();
    const double server_before = ServerSeconds();
    absl::SleepFor(absl::Nanoseconds(end_ - NowNanoseconds()));
    result.processor_share = (ProcessorSeconds() - own_before) /
                             absl::ToDoubleSeconds(load_.duration) /
                             std::thread::hardware_concurrency();
    return ServerSeconds() - server_before;
  }

  const InferProtocol protocol_;
  const std::vector<grpc::ByteBuffer>& requests_;
  const Load& load_;
  std::vector<grpc::GenericStub> stubs_;
  int64_t start_;
  int64_t begin_;
  int64_t end_;
  std::vector<std::unique_ptr<grpc::CompletionQueue>> queues_;
  // Each used by one thread.
  std::vector<LoadTally> tallies_;
  std::unique_ptr<LoadTally> sent_;
  std::atomic<int> outstanding_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<std::shared_ptr<grpc::Channel>>> Connect(const std::string& address,
                                                                    int connections) {
  constexpr auto kTimeout = std::chrono::seconds(10);
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < std::max(1, connections); ++i) {
    grpc::ChannelArguments arguments;
    // Else channels to one address share a connection.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channels.push_back(
        grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
    if (channels.back()->WaitForConnected(std::chrono::system_clock::now() + kTimeout)) continue;
    return absl::UnavailableError(absl::StrCat(address, ": no server answers"));
  }
  return channels;
}

LoadResult RunLoad(const std::vector<std::shared_ptr<grpc::Channel>>& channels,
                   InferProtocol protocol, const std::vector<grpc::ByteBuffer>& requests,
                   const Load& load) {
  absl::Notification done;
  int64_t checks = 0;
  int64_t failures = 0;
  std::thread health;
  if (load.health_interval > absl::ZeroDuration()) {
    health = std::thread([&] {
      WaitingCaller caller(channels.front());
      while (!done.WaitForNotificationWithTimeout(load.health_interval)) {
        ++checks;
        if (!caller.IsHealthy()) ++failures;
      }
    });
  }
  LoadResult result = LoadRun(channels, protocol, requests, load).Run();
  done.Notify();
  if (health.joinable()) health.join();
  result.health_checks = checks;
  result.health_failures = failures;
  return result;
}

}  // namespace traind
