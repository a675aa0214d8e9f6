// How calls are named, so that the server's log can be searched for them.

#include "client/request_id.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "client/traind_client.h"
#include "tests/client/fake_traind.h"
#include "tests/client/run_events.h"

namespace traind {
namespace {

using ::testing::MatchesRegex;
using ::testing::SizeIs;

TEST(RequestIdTest, IsSixteenHexadecimalDigits) {
  EXPECT_THAT(NewRequestId(), MatchesRegex("[0-9a-f]{16}"));
}

TEST(RequestIdTest, NoTwoAreAlike) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(NewRequestId());
  EXPECT_THAT(ids, SizeIs(1000));
}

class ClientRequestIdTest : public testing::Test {
 protected:
  ClientRequestIdTest() {
    server_.run.set_id("s4-1");
    options_.address = server_.address();
    options_.waiter = &waiter_;
  }

  FakeTraind server_;
  FakeWaiter waiter_;
  ClientOptions options_;
};

TEST_F(ClientRequestIdTest, EveryCallSendsOneOfItsOwn) {
  const auto client = *Client::Connect(options_);
  EXPECT_TRUE(client->GetRun("s4-1").ok());
  EXPECT_TRUE(client->GetRun("s4-1").ok());
  ASSERT_THAT(server_.request_ids, SizeIs(2));
  EXPECT_THAT(server_.request_ids[0], MatchesRegex("[0-9a-f]{16}"));
  EXPECT_NE(server_.request_ids[0], server_.request_ids[1]);
}

TEST_F(ClientRequestIdTest, TheTriesOfOneCallShareIt) {
  server_.failures["GetRun"] = {grpc::Status(grpc::UNAVAILABLE, "draining")};
  EXPECT_TRUE((*Client::Connect(options_))->GetRun("s4-1").ok());
  ASSERT_THAT(server_.request_ids, SizeIs(2));
  EXPECT_EQ(server_.request_ids[0], server_.request_ids[1]);
}

TEST_F(ClientRequestIdTest, AStreamThatFailsTellsItsOwn) {
  server_.failures["StreamMetrics"] = {grpc::Status(grpc::INTERNAL, "disk fault")};
  RecordingListener listener;
  const absl::Status status = (*Client::Connect(options_))->ReadEvents("s4-1", 0, listener, {});
  ASSERT_THAT(server_.request_ids, SizeIs(1));
  EXPECT_EQ(status, absl::InternalError("disk fault (request " + server_.request_ids[0] + ")"));
}

}  // namespace
}  // namespace traind
