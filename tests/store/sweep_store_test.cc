#include "server/store/sqlite_run_store.h"
#include "server/store/sqlite_sweep_store.h"
#include "tests/contract/sweep_store_contract.h"
#include "tests/support/fake_sweep_store.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

// The file must have been opened by the run store first.
absl::StatusOr<std::unique_ptr<SqliteSweepStore>> OpenIn(const TempDirectory& directory) {
  const std::string path = directory.Path("runs.sqlite");
  const absl::Status opened = SqliteRunStore::Open(path).status();
  if (!opened.ok()) return opened;
  return SqliteSweepStore::Open(path);
}

std::unique_ptr<SweepStore> MakeSqlite() {
  static auto& directories = *new std::vector<std::unique_ptr<TempDirectory>>();
  directories.push_back(std::make_unique<TempDirectory>());
  absl::StatusOr<std::unique_ptr<SqliteSweepStore>> store = OpenIn(*directories.back());
  EXPECT_OK(store);
  return store.ok() ? *std::move(store) : nullptr;
}

INSTANTIATE_TEST_SUITE_P(Fake, SweepStoreContract,
                         testing::Values([] { return std::make_unique<FakeSweepStore>(); }));
INSTANTIATE_TEST_SUITE_P(Sqlite, SweepStoreContract, testing::Values(&MakeSqlite));

TEST(SqliteSweepStoreTest, ASweepSurvivesTheStore) {
  const TempDirectory directory;
  v1::Sweep sweep;
  sweep.mutable_recipe()->set_name("s4");
  sweep.set_parallelism(7);
  {
    const auto store = OpenIn(directory);
    ASSERT_OK(store);
    ASSERT_OK((*store)->Create(sweep, ""));
  }
  const auto store = OpenIn(directory);
  ASSERT_OK(store);
  EXPECT_EQ((*store)->Get("s4-sweep-1")->parallelism(), 7);
}

}  // namespace
}  // namespace traind
