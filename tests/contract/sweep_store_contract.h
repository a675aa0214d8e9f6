#ifndef TRAIND_TESTS_CONTRACT_SWEEP_STORE_CONTRACT_H_
#define TRAIND_TESTS_CONTRACT_SWEEP_STORE_CONTRACT_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "server/sweeps/sweep_store.h"
#include "tests/support/status_matchers.h"

namespace traind {

// What every SweepStore must do; the tests are in sweep_store_contract.cc.
class SweepStoreContract
    : public testing::TestWithParam<std::function<std::unique_ptr<SweepStore>()>> {
 protected:
  void SetUp() override {
    store_ = GetParam()();
    ASSERT_NE(store_, nullptr);
  }

  static v1::Sweep RunningSweep(const std::string& recipe_name) {
    v1::Sweep sweep;
    sweep.mutable_recipe()->set_name(recipe_name);
    sweep.set_state(v1::SWEEP_STATE_RUNNING);
    sweep.mutable_create_time()->set_seconds(1'700'000'000);
    return sweep;
  }

  v1::Sweep Create(const std::string& recipe_name, const std::string& request_id = "") {
    v1::Sweep sweep = RunningSweep(recipe_name);
    sweep.set_request_id(request_id);
    absl::StatusOr<v1::Sweep> stored = store_->Create(sweep, "digest");
    EXPECT_THAT(stored, IsOk());
    return stored.value_or(v1::Sweep());
  }

  static std::vector<std::string> Ids(const absl::StatusOr<std::vector<v1::Sweep>>& sweeps) {
    EXPECT_THAT(sweeps, IsOk());
    std::vector<std::string> ids;
    if (sweeps.ok()) {
      for (const v1::Sweep& sweep : *sweeps) ids.push_back(sweep.id());
    }
    return ids;
  }

  std::unique_ptr<SweepStore> store_;
};

}  // namespace traind

#endif  // TRAIND_TESTS_CONTRACT_SWEEP_STORE_CONTRACT_H_
