// Asks servers for predictions, each under the same loads in turns, and prints a table:
// how many answers a second, how late, and what went wrong. See bench/README.md.

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "bench/predict/input_rows.h"
#include "bench/predict/load.h"
#include "bench/predict/load_tally.h"
#include "bench/predict/report.h"
#include "bench/predict/target.h"
#include "bench/predict/waiting_caller.h"

namespace traind {
namespace {

struct Flags {
  std::vector<std::string> targets;
  Target defaults;
  std::string mnist;
  int inputs = 1000;
  std::vector<int> clients = {1, 8, 32};
  double rate = 0;
  std::vector<int> idle;
  int rounds = 3;
  int connections = 0;
  double warm_up_seconds = 1;
  double seconds = 5;
  double deadline_ms = 0;
  double health_ms = 0;
  int threads = 1;
  std::string json;
};

// A target, and what is sent to it.
struct Subject {
  Target target;
  std::vector<grpc::ByteBuffer> requests;
};

Load LoadOf(const Flags& flags, int clients, int round) {
  Load load;
  load.clients = clients;
  load.rate = flags.rate;
  load.warm_up = absl::Seconds(flags.warm_up_seconds);
  load.duration = absl::Seconds(flags.seconds);
  load.deadline = absl::Milliseconds(flags.deadline_ms);
  load.health_interval = absl::Milliseconds(flags.health_ms);
  load.threads = flags.threads;
  load.seed = static_cast<uint32_t>(round + 1);
  return load;
}

// Servers' clients commonly share a connection among a few callers.
int ConnectionsFor(const Flags& flags, int clients) {
  constexpr int kClientsPerConnection = 8;
  if (flags.connections > 0) return flags.connections;
  if (flags.rate > 0) return 4;
  return (clients + kClientsPerConnection - 1) / kClientsPerConnection;
}

absl::StatusOr<std::vector<Subject>> MakeSubjects(const Flags& flags) {
  int64_t elements = 1;
  for (const int64_t size : flags.defaults.shape) elements *= size;
  std::vector<std::string> rows = RandomRows(flags.inputs, elements);
  if (!flags.mnist.empty()) {
    absl::StatusOr<std::vector<std::string>> images = MnistRows(flags.mnist);
    if (!images.ok()) return images.status();
    rows = *std::move(images);
  }
  std::vector<Subject> subjects;
  for (const std::string& text : flags.targets) {
    absl::StatusOr<Target> target = ParseTarget(text, flags.defaults);
    if (!target.ok()) return target.status();
    Subject subject{*std::move(target), {}};
    for (const std::string& row : rows)
      subject.requests.push_back(MakeRequest(subject.target, row));
    subjects.push_back(std::move(subject));
  }
  return subjects;
}

double CallMilliseconds(WaitingCaller& caller, const Subject& subject, size_t number) {
  const int64_t start = NowNanoseconds();
  grpc::ByteBuffer answer;
  const grpc::Status status =
      caller.Call(PredictMethod(subject.target.protocol),
                  subject.requests[number % subject.requests.size()], absl::Minutes(1), answer);
  if (!status.ok()) std::cerr << subject.target.name << ": " << status.error_message() << "\n";
  return static_cast<double>(NowNanoseconds() - start) / 1e6;
}

// One load on every target, in rounds; each round begins with another target.
absl::StatusOr<std::vector<Summary>> Measure(const Flags& flags,
                                             const std::vector<Subject>& subjects, int clients) {
  std::vector<std::vector<LoadResult>> results(subjects.size());
  for (int round = 0; round < flags.rounds; ++round) {
    for (size_t i = 0; i < subjects.size(); ++i) {
      const size_t index = (i + static_cast<size_t>(round)) % subjects.size();
      const Subject& subject = subjects[index];
      const auto channels = Connect(subject.target.address, ConnectionsFor(flags, clients));
      if (!channels.ok()) return channels.status();
      WaitingCaller caller(channels->front());
      // A server may have to load the model first.
      CallMilliseconds(caller, subject, 0);
      Load load = LoadOf(flags, clients, round);
      load.server_process = subject.target.process;
      results[index].push_back(RunLoad(*channels, subject.target.protocol, subject.requests, load));
    }
  }
  std::vector<Summary> summaries;
  for (size_t i = 0; i < subjects.size(); ++i) {
    summaries.push_back(Summarise(subjects[i].target.name, LoadOf(flags, clients, 0), results[i]));
  }
  return summaries;
}

// Calls without a pause, of which the first half is to warm up; the median of the others.
double MedianOfCalls(WaitingCaller& caller, const Subject& subject, size_t count) {
  std::vector<double> times;
  for (size_t i = 0; i < 2 * count; ++i) {
    const double time = CallMilliseconds(caller, subject, i);
    if (i >= count) times.push_back(time);
  }
  return Median(std::move(times));
}

// The first call after each silence, and the median of calls without one. All targets
// have their silence at the same time.
absl::StatusOr<std::vector<IdleSummary>> MeasureIdle(const Flags& flags,
                                                     const std::vector<Subject>& subjects) {
  std::vector<IdleSummary> summaries;
  std::vector<std::unique_ptr<WaitingCaller>> callers;
  for (const Subject& subject : subjects) {
    const auto channels = Connect(subject.target.address, 1);
    if (!channels.ok()) return channels.status();
    callers.push_back(std::make_unique<WaitingCaller>(channels->front()));
    summaries.push_back({subject.target.name, MedianOfCalls(*callers.back(), subject, 1000), {}});
  }
  for (int round = 0; round < flags.rounds; ++round) {
    for (const int seconds : flags.idle) {
      absl::SleepFor(absl::Seconds(seconds));
      for (size_t i = 0; i < subjects.size(); ++i) {
        // In turns, since the first one may have to wake the whole machine.
        const size_t index = (i + static_cast<size_t>(round)) % subjects.size();
        summaries[index].first_ms[seconds].push_back(
            CallMilliseconds(*callers[index], subjects[index], 0));
      }
      for (size_t i = 0; i < subjects.size(); ++i) MedianOfCalls(*callers[i], subjects[i], 50);
    }
  }
  return summaries;
}

absl::Status Run(const Flags& flags) {
  const absl::StatusOr<std::vector<Subject>> subjects = MakeSubjects(flags);
  if (!subjects.ok()) return subjects.status();
  std::vector<Summary> summaries;
  std::vector<IdleSummary> idle;
  if (flags.idle.empty()) {
    const std::vector<int> levels = flags.rate > 0 ? std::vector<int>{0} : flags.clients;
    for (const int clients : levels) {
      const auto measured = Measure(flags, *subjects, clients);
      if (!measured.ok()) return measured.status();
      summaries.insert(summaries.end(), measured->begin(), measured->end());
    }
    std::cout << Table(summaries);
  } else {
    absl::StatusOr<std::vector<IdleSummary>> measured = MeasureIdle(flags, *subjects);
    if (!measured.ok()) return measured.status();
    idle = *std::move(measured);
    std::cout << IdleTable(idle);
  }
  if (!flags.json.empty()) std::ofstream(flags.json) << Json(summaries, idle) << "\n";
  return absl::OkStatus();
}

void AddOptions(CLI::App& app, Flags& flags) {
  app.add_option(
         "--target", flags.targets,
         "NAME=ADDRESS,traind or NAME=ADDRESS,oip, then model=, version=, input=, pid=; repeatable")
      ->required()
      ->take_all();
  app.add_option("--model", flags.defaults.model, "Model of targets that name none")
      ->capture_default_str();
  app.add_option("--input", flags.defaults.input, "Name of the model's input")
      ->capture_default_str();
  app.add_option("--shape", flags.defaults.shape, "Sizes of a request's input, rows first")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--mnist", flags.mnist, "Folder with MNIST's raw test images; else random ones");
  app.add_option("--inputs", flags.inputs, "Random inputs, all different")->capture_default_str();
  app.add_option("--clients", flags.clients, "Closed loop: how many at once; several in turn")
      ->delimiter(',')
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--rate", flags.rate, "Open loop instead: requests a second at random moments");
  app.add_option("--idle", flags.idle, "Instead: the first call after so many seconds of silence")
      ->delimiter(',');
  app.add_option("--rounds", flags.rounds, "Of which medians are taken; targets take turns")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--connections", flags.connections,
                 "Connections to a target; 0 is one for 8 clients, or 4 in an open loop");
  app.add_option("--warm-up", flags.warm_up_seconds, "Seconds that do not count")
      ->capture_default_str();
  app.add_option("--seconds", flags.seconds, "Seconds of each load that count")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--deadline-ms", flags.deadline_ms, "Of each request; 0 is none");
  app.add_option("--health-ms", flags.health_ms,
                 "Ask for the server's health so often; 0 is never");
  app.add_option("--threads", flags.threads, "Threads that take answers")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--json", flags.json, "File for all figures");
}

}  // namespace
}  // namespace traind

int main(int argc, char** argv) {
  CLI::App app("Asks servers for predictions and measures the answers.", "bench_predict");
  traind::Flags flags;
  traind::AddOptions(app, flags);
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = traind::Run(flags);
  if (status.ok()) return 0;
  std::cerr << status << "\n";
  return 1;
}
