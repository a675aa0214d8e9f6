#include "server/oip/repository_index.h"

#include <vector>

#include "gtest/gtest.h"

namespace traind {
namespace {

std::vector<RepositoryEntry> Entries() {
  return {{"s4", 1, VersionState::kUnavailable, "unloaded"},
          {"s4", 2, VersionState::kReady, ""},
          {"tiny", 1, VersionState::kLoading, ""},
          {"tiny", 2, VersionState::kUnloading, ""},
          {"tiny", 3, VersionState::kUnknown, ""}};
}

TEST(RepositoryIndexTest, ListsVersionsWithTheirStates) {
  const inference::RepositoryIndexResponse response = IndexRepository(Entries(), false);
  ASSERT_EQ(response.models_size(), 5);
  EXPECT_EQ(response.models(0).name(), "s4");
  EXPECT_EQ(response.models(0).version(), "1");
  EXPECT_EQ(response.models(0).reason(), "unloaded");
  const char* states[] = {"UNAVAILABLE", "READY", "LOADING", "UNLOADING", "UNKNOWN"};
  for (int i = 0; i < 5; ++i) EXPECT_EQ(response.models(i).state(), states[i]);
}

TEST(RepositoryIndexTest, ReadyOnlyLeavesOutTheRest) {
  const inference::RepositoryIndexResponse response = IndexRepository(Entries(), true);
  ASSERT_EQ(response.models_size(), 1);
  EXPECT_EQ(response.models(0).name(), "s4");
  EXPECT_EQ(response.models(0).version(), "2");
}

}  // namespace
}  // namespace traind
