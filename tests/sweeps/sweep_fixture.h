#ifndef TRAIND_TESTS_SWEEPS_SWEEP_FIXTURE_H_
#define TRAIND_TESTS_SWEEPS_SWEEP_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "server/sweeps/sweep_service.h"
#include "tests/runs/run_service_fixture.h"
#include "tests/support/fake_sweep_store.h"

namespace traind {

// Sweeps over the real run service with fakes below both. Of each run the test plays
// the worker.
class SweepFixture : public RunServiceFixture {
 protected:
  SweepFixture() {
    observers_ = {&inbox_};
    RestartAll();
  }

  // As after a restart of the server: both stores are what is left.
  void RestartAll() {
    sweeps_.reset();
    Restart();
    launcher_.launched.clear();
    inbox_.Take();
    EXPECT_OK(service_->Reconcile());
    sweeps_ = std::make_unique<SweepService>(
        limits_, SweepService::Collaborators{sweep_store_, *service_, recipes_, inbox_, clock_});
    EXPECT_OK(sweeps_->Recover());
  }

  // Of the fixture's recipe over these learning rates.
  static v1::CreateSweepRequest GridRequest(const std::vector<std::string>& learning_rates) {
    v1::CreateSweepRequest request;
    request.set_recipe_text(Request().recipe_text());
    *request.mutable_execution() = Request().execution();
    v1::GridParameter& parameter = *request.mutable_search()->add_grid();
    parameter.set_path("optimizer.sgd.learning_rate");
    for (const std::string& rate : learning_rates) parameter.add_values(rate);
    return request;
  }

  // With rungs at 1, 2 and 4 epochs, half of which go on.
  static v1::CreateSweepRequest HalvingRequest(const std::vector<std::string>& learning_rates) {
    v1::CreateSweepRequest request = GridRequest(learning_rates);
    v1::Override& epochs = *request.add_overrides();
    epochs.set_path("epoch_count");
    epochs.set_value("4");
    request.mutable_search()->mutable_halving()->set_min_epochs(1);
    request.mutable_search()->mutable_halving()->set_reduction_factor(2);
    request.set_parallelism(1);
    return request;
  }

  std::string Create(const v1::CreateSweepRequest& request) {
    const absl::StatusOr<v1::Sweep> sweep = sweeps_->Create(request);
    EXPECT_OK(sweep);
    sweeps_->Advance();
    return sweep.ok() ? sweep->id() : "";
  }

  v1::Sweep GetSweep(const std::string& sweep_id) { return *sweeps_->Get(sweep_id); }

  AttemptKey NewestAttempt(const std::string& run_id) {
    return {run_id, Get(run_id).attempts_size()};
  }

  static v1::Event Epoch(int epoch, int64_t correct) {
    v1::Event event = EpochFinished(epoch, correct);
    event.mutable_epoch_finished()->set_eval_sample_count(10);
    return event;
  }

  // The run's worker trains epochs `first` to `last`, with as many right rows each, and ends.
  void Train(const std::string& run_id, int first, int last, int64_t correct,
             worker::v1::Outcome outcome) {
    const AttemptKey attempt = NewestAttempt(run_id);
    EXPECT_OK(service_->OnWorkerHello(attempt, 4711));
    for (int epoch = first; epoch <= last; ++epoch) {
      EXPECT_OK(service_->OnWorkerEvents(attempt,
                                         {Epoch(epoch, correct), CheckpointWritten(epoch, true)}));
    }
    EXPECT_OK(service_->OnWorkerFinished(attempt, Finished(outcome)));
    service_->OnWorkerExited(attempt, "exited with code 0");
    sweeps_->Advance();
  }

  // A training that fails for its learning rate.
  void Fail(const std::string& run_id) {
    const AttemptKey attempt = NewestAttempt(run_id);
    EXPECT_OK(service_->OnWorkerHello(attempt, 4711));
    worker::v1::Finished finished = Finished(worker::v1::OUTCOME_FAILED);
    finished.mutable_error()->set_failure_class(v1::FAILURE_CLASS_USER);
    finished.mutable_error()->set_message("the loss became nan");
    EXPECT_OK(service_->OnWorkerFinished(attempt, finished));
    service_->OnWorkerExited(attempt, "exited with code 0");
    sweeps_->Advance();
  }

  std::vector<std::string> RunIds(const std::string& sweep_id) {
    v1::ListRunsRequest request;
    request.set_sweep_id(sweep_id);
    std::vector<std::string> ids;
    const absl::StatusOr<v1::ListRunsResponse> runs = service_->List(request);
    EXPECT_OK(runs);
    if (runs.ok()) {
      for (const v1::Run& run : runs->runs()) ids.push_back(run.id());
    }
    return ids;
  }

  FakeSweepStore sweep_store_;
  SweepInbox inbox_;
  std::unique_ptr<SweepService> sweeps_;
};

}  // namespace traind

#endif  // TRAIND_TESTS_SWEEPS_SWEEP_FIXTURE_H_
