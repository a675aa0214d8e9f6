#ifndef TRAIND_TESTS_RUNS_RUN_SERVICE_FIXTURE_H_
#define TRAIND_TESTS_RUNS_RUN_SERVICE_FIXTURE_H_

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "server/runs/run_service.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_run_store.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"

namespace traind {

// Starts nothing; remembers what it was asked.
class FakeLauncher : public WorkerLauncher {
 public:
  absl::StatusOr<int64_t> Launch(const AttemptKey& attempt, WorkerKind kind) override {
    if (!launch_status.ok()) return launch_status;
    launched.push_back(attempt.DebugString());
    if (kind == WorkerKind::kShared) shared.push_back(attempt.DebugString());
    return 4711;
  }
  void RequestStop(const AttemptKey& attempt, absl::Duration grace) override {
    stopped.push_back(attempt.DebugString());
    graces.push_back(grace);
  }
  void Kill(const AttemptKey& attempt) override { killed.push_back(attempt.DebugString()); }

  absl::Status launch_status;
  std::vector<std::string> launched, shared, stopped, killed;
  std::vector<absl::Duration> graces;  // of stopped
};

// Publishes everything as the next version.
class FakePublisher : public ModelPublisher {
 public:
  absl::StatusOr<v1::ModelVersion> Publish(const v1::Run& run,
                                           const v1::CheckpointWritten& checkpoint) override {
    if (!status.ok()) return status;
    published.push_back(checkpoint.path());
    v1::ModelVersion version;
    version.set_model(run.recipe().name());
    version.set_version(static_cast<int64_t>(published.size()));
    version.set_epoch(checkpoint.epoch());
    return version;
  }

  std::optional<v1::ModelVersion> Served(const std::string& model) const override { return served; }

  absl::Status status;
  std::vector<std::string> published;
  std::optional<v1::ModelVersion> served;
};

// Files of runs, by name alone.
class FakeRunFiles : public RunFiles {
 public:
  absl::StatusOr<int64_t> Remove(absl::string_view run_id) override {
    if (!status.ok()) return status;
    const auto found = sizes.find(std::string(run_id));
    const int64_t size_bytes = found == sizes.end() ? 0 : found->second;
    sizes.erase(std::string(run_id));
    return size_bytes;
  }
  absl::StatusOr<std::vector<std::string>> List() const override {
    std::vector<std::string> ids;
    for (const auto& [id, size] : sizes) ids.push_back(id);
    return ids;
  }
  int64_t SizeBytes() const override {
    int64_t size_bytes = 0;
    for (const auto& [id, size] : sizes) size_bytes += size;
    return size_bytes;
  }

  absl::Status status;
  std::map<std::string, int64_t> sizes;
};

// Lets a store write once more when it is released.
class FakeDiskReserve : public DiskReserve {
 public:
  explicit FakeDiskReserve(FakeRunStore& store) : store_(store) {}
  void Release() override {
    if (!std::exchange(held, false)) return;
    store_.FailWritesWith(absl::OkStatus());
  }
  void Restore() override {}

  bool held = true;

 private:
  FakeRunStore& store_;
};

// A run service over fakes, with a dataset `tiny` of 20 train and 10 test images
// of 1x8x8 and no recipe by name.
class RunServiceFixture : public ::testing::Test {
 protected:
  RunServiceFixture() : datasets_(directory_.path()) {
    WriteSplit("train", 20);
    WriteSplit("t10k", 10);
    Restart();
  }

  // A new service over the same store, as after a restart of the server.
  void Restart() {
    service_.reset();
    event_log_ = std::make_unique<EventLog>(store_, limits_);
    RunService::Options options;
    options.choose_precision = choose_precision_;
    options.limits = limits_;
    options.devices = devices_;
    options.cpu_slots = cpu_slots_;
    options.cpu_cores = cpu_cores_;
    options.runs_directory = "/runs";
    options.shared_attempts_max = shared_attempts_max_;
    service_ = std::make_unique<RunService>(
        options,
        RunService::Collaborators{store_, *event_log_, launcher_, publisher_, files_, reserve_,
                                  recipes_, datasets_, observers_, clock_, weights_});
  }

  static v1::StartTrainingRequest Request() {
    v1::StartTrainingRequest request;
    request.set_recipe_text(R"(
      name: "tiny"
      data { dataset: "tiny" train_split: "train" eval_split: "test" }
      network {
        input { channels: 1 height: 8 width: 8 }
        layers { flatten {} }
        layers { linear { out_features: 10 } }
      }
      loss { cross_entropy {} }
      optimizer { sgd { learning_rate: 0.1 } }
      epoch_count: 2
      batch_size: 5
      selection { metric: SELECTION_METRIC_ACCURACY }
    )");
    request.mutable_execution()->set_max_retries(0);
    return request;
  }

  v1::Run Start() {
    absl::StatusOr<v1::Run> run = service_->Start(Request());
    EXPECT_OK(run);
    return *run;
  }
  v1::Run Get(const std::string& run_id) { return *service_->Get(run_id); }

  // A run whose worker has said hello.
  AttemptKey StartRunning() {
    const AttemptKey attempt{Start().id(), 1};
    EXPECT_OK(service_->OnWorkerHello(attempt, 4711));
    return attempt;
  }

  static v1::Event EpochFinished(int epoch, int64_t correct) {
    v1::Event event;
    event.mutable_epoch_finished()->set_epoch(epoch);
    event.mutable_epoch_finished()->set_step(epoch * 4);
    event.mutable_epoch_finished()->set_eval_correct_count(correct);
    return event;
  }
  static v1::Event CheckpointWritten(int epoch, bool best) {
    v1::Event event;
    event.mutable_checkpoint_written()->set_epoch(epoch);
    event.mutable_checkpoint_written()->set_step(epoch * 4);
    event.mutable_checkpoint_written()->set_best(best);
    event.mutable_checkpoint_written()->set_path("epoch-0000" + std::to_string(epoch));
    return event;
  }
  static worker::v1::Finished Finished(worker::v1::Outcome outcome) {
    worker::v1::Finished finished;
    finished.set_outcome(outcome);
    return finished;
  }

  std::vector<v1::Event> Events(const std::string& run_id) {
    return *store_.ReadEvents(run_id, 0, 1000);
  }

  void WriteSplit(const std::string& prefix, uint8_t rows) {
    const std::string folder = directory_.Path("tiny");
    std::filesystem::create_directories(folder);
    std::ofstream images(folder + "/" + prefix + "-images-idx3-ubyte", std::ios::binary);
    images << std::string({0, 0, 8, 3, 0, 0, 0, static_cast<char>(rows), 0, 0, 0, 8, 0, 0, 0, 8})
           << std::string(rows * 64, 'x');
    std::ofstream labels(folder + "/" + prefix + "-labels-idx1-ubyte", std::ios::binary);
    labels << std::string({0, 0, 8, 1, 0, 0, 0, static_cast<char>(rows)}) << std::string(rows, 3);
  }

  TempDirectory directory_;
  DatasetDirectory datasets_;
  RecipeCatalog recipes_;
  FakeRunStore store_;
  FakeLauncher launcher_;
  FakePublisher publisher_;
  FakeRunFiles files_;
  FakeDiskReserve reserve_{store_};
  FakeClock clock_;
  Limits limits_;
  std::vector<std::string> devices_ = {"cpu"};
  std::function<v1::Precision(const v1::Recipe&, const v1::Execution&)> choose_precision_;
  int cpu_slots_ = 1;
  int cpu_cores_ = 3;
  int shared_attempts_max_ = 0;
  std::vector<RunObserver*> observers_;
  const WeightsSource* weights_ = nullptr;
  std::unique_ptr<EventLog> event_log_;
  std::unique_ptr<RunService> service_;
};

}  // namespace traind

#endif  // TRAIND_TESTS_RUNS_RUN_SERVICE_FIXTURE_H_
