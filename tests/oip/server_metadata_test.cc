#include "server/oip/server_metadata.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace traind {
namespace {

using ::testing::Contains;
using ::testing::Not;

TEST(ServerMetadataTest, NamesTheServerAndItsVersion) {
  const inference::ServerMetadataResponse server = DescribeServer("1.2.3");
  EXPECT_EQ(server.name(), "traind");
  EXPECT_EQ(server.version(), "1.2.3");
}

// A client that measures asks for statistics only when they are listed.
TEST(ServerMetadataTest, ListsWhatWorksAndNothingElse) {
  const inference::ServerMetadataResponse server = DescribeServer("1.2.3");
  for (const char* extension :
       {"statistics", "model_configuration", "model_repository", "classification"}) {
    EXPECT_THAT(server.extensions(), Contains(extension));
  }
  for (const char* extension :
       {"sequence", "system_shared_memory", "cuda_shared_memory", "trace", "logging"}) {
    EXPECT_THAT(server.extensions(), Not(Contains(extension)));
  }
}

}  // namespace
}  // namespace traind
