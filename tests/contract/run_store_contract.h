#ifndef TRAIND_TESTS_CONTRACT_RUN_STORE_CONTRACT_H_
#define TRAIND_TESTS_CONTRACT_RUN_STORE_CONTRACT_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "server/runs/run_store.h"
#include "tests/support/status_matchers.h"

namespace traind {

// What every RunStore must do; the tests are in run_store_contract.cc. A test
// binary that links it holds an implementation to it with
//   INSTANTIATE_TEST_SUITE_P(Sqlite, RunStoreContract, testing::Values(&MakeStore));
class RunStoreContract : public testing::TestWithParam<std::function<std::unique_ptr<RunStore>()>> {
 protected:
  void SetUp() override {
    store_ = GetParam()();
    ASSERT_NE(store_, nullptr);
  }

  static v1::Run QueuedRun(const std::string& recipe_name) {
    v1::Run run;
    run.mutable_recipe()->set_name(recipe_name);
    run.mutable_recipe()->set_epoch_count(19);
    run.set_state(v1::RUN_STATE_QUEUED);
    run.mutable_create_time()->set_seconds(1'700'000'000);
    return run;
  }

  v1::Run Create(const std::string& recipe_name) {
    absl::StatusOr<v1::Run> run = store_->Create(QueuedRun(recipe_name), "", {});
    EXPECT_THAT(run, IsOk());
    return run.value_or(v1::Run());
  }

  // Events first, first + 1 … last, each an epoch.
  static std::vector<v1::Event> Events(const std::string& run_id, int64_t first, int64_t last) {
    std::vector<v1::Event> events;
    for (int64_t sequence = first; sequence <= last; ++sequence) {
      v1::Event& event = events.emplace_back();
      event.set_run_id(run_id);
      event.set_sequence(sequence);
      event.mutable_epoch_finished()->set_epoch(static_cast<int>(sequence));
    }
    return events;
  }

  absl::Status Append(v1::Run run, int64_t first, int64_t last) {
    run.set_last_sequence(last);
    return store_->UpdateWithEvents(run, Events(run.id(), first, last));
  }

  // A run in a state of its own, without events.
  v1::Run CreateIn(v1::RunState state, const std::string& recipe_name = "s4") {
    v1::Run run = Create(recipe_name);
    run.set_state(state);
    EXPECT_OK(store_->Update(run));
    return run;
  }

  // Calls Reclaim until there is nothing left to do.
  void ReclaimAll() {
    for (int piece = 0; piece < 1000; ++piece) {
      absl::StatusOr<bool> more = store_->Reclaim();
      ASSERT_OK(more);
      if (!*more) return;
    }
    FAIL() << "there is no end to what is to be reclaimed";
  }

  static std::vector<std::string> Ids(const absl::StatusOr<std::vector<v1::Run>>& runs) {
    EXPECT_THAT(runs, IsOk());
    std::vector<std::string> ids;
    if (runs.ok()) {
      for (const v1::Run& run : *runs) ids.push_back(run.id());
    }
    return ids;
  }

  std::vector<int64_t> Sequences(const std::string& run_id, int64_t after, int count) {
    absl::StatusOr<std::vector<v1::Event>> events = store_->ReadEvents(run_id, after, count);
    EXPECT_THAT(events, IsOk());
    std::vector<int64_t> sequences;
    if (events.ok()) {
      for (const v1::Event& event : *events) sequences.push_back(event.sequence());
    }
    return sequences;
  }

  std::unique_ptr<RunStore> store_;
};

}  // namespace traind

#endif  // TRAIND_TESTS_CONTRACT_RUN_STORE_CONTRACT_H_
