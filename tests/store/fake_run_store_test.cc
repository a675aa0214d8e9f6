#include "tests/support/fake_run_store.h"

#include "tests/contract/run_store_contract.h"

namespace traind {
namespace {

INSTANTIATE_TEST_SUITE_P(Fake, RunStoreContract,
                         testing::Values([] { return std::make_unique<FakeRunStore>(); }));

TEST(FakeRunStoreTest, FailsWritesAsItWasTold) {
  FakeRunStore store;
  store.FailWritesWith(absl::ResourceExhaustedError("disk full"));
  EXPECT_THAT(store.Create(v1::Run(), "", {}),
              StatusIs(absl::StatusCode::kResourceExhausted, "disk full"));
}

}  // namespace
}  // namespace traind
