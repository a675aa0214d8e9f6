// A worker that trains nothing: it reports train-step events as fast as it is told,
// through the link that every worker has. Started by traind as its --worker.
//
// EVENT_LOAD_COUNT events in all, EVENT_LOAD_PER_SECOND of them a second (0: as
// fast as the server takes them).

#include <sys/prctl.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

#include "server/worker_link/stop_signals.h"
#include "server/worker_link/worker_link.h"

namespace {

int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::stoll(text);
}

traind::v1::Event TrainStep(int64_t step) {
  traind::v1::Event event;
  traind::v1::TrainStep& train_step = *event.mutable_train_step();
  train_step.set_step(step);
  train_step.set_epoch(1);
  train_step.set_loss(1.0F / static_cast<float>(step));
  train_step.set_learning_rate(0.1);
  return event;
}

// A checkpoint without files: a failure to publish is how these runs end.
int ReportSteps(traind::WorkerLink& link, const std::stop_token& stop) {
  const int64_t count = FromEnvironment("EVENT_LOAD_COUNT", 10000);
  const int64_t per_second = FromEnvironment("EVENT_LOAD_PER_SECOND", 0);
  const auto start = std::chrono::steady_clock::now();
  for (int64_t step = 1; step <= count && !stop.stop_requested(); ++step) {
    link.Report(TrainStep(step));
    // A hundredth of a second's worth at a time.
    if (per_second > 0 && step % (per_second / 100 + 1) == 0) {
      std::this_thread::sleep_until(start +
                                    std::chrono::microseconds(step * 1'000'000 / per_second));
    }
  }
  if (!link.Flush().ok()) return 1;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  // To the worker's log: the generator's own rate, its last acknowledgement included.
  std::cout << "reported " << count << " events in " << took.count() << " s" << std::endl;
  traind::worker::v1::Finished finished;
  finished.set_outcome(traind::worker::v1::OUTCOME_FAILED);
  finished.mutable_error()->set_failure_class(traind::v1::FAILURE_CLASS_USER);
  finished.mutable_error()->set_message("the load is over");
  return link.Finish(finished, absl::Minutes(1)).ok() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Reports events at a given rate; for benchmarks.", "event_load_worker");
  traind::WorkerLink::Options options;
  bool list_devices = false;
  std::string ignored;
  app.add_flag("--list-devices", list_devices);
  app.add_option("--socket", options.socket_path);
  app.add_option("--run", options.attempt.run_id);
  app.add_option("--attempt", options.attempt.attempt);
  app.add_option("--log-format", ignored);
  app.add_option("--log-level", ignored);
  CLI11_PARSE(app, argc, argv);
  if (list_devices) {
    std::cout << "cpu\n";
    return 0;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::stop_source stop;
  const traind::StopSignals signals(stop);
  absl::StatusOr<std::unique_ptr<traind::WorkerLink>> link =
      traind::WorkerLink::Attach(std::move(options), stop);
  if (!link.ok()) {
    std::cerr << link.status() << "\n";
    return 1;
  }
  return ReportSteps(**link, stop.get_token());
}
