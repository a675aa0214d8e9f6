// Health of the server, its services and its models, by a real client.

#include "server/rpc/health_rpc.h"

#include <memory>
#include <string>
#include <thread>

#include "absl/time/clock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/rpc/rpc_fixture.h"

namespace traind {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

class HealthRpcTest : public RpcFixture {
 protected:
  using Watcher = grpc::ClientReader<HealthCheckResponse>;

  void ServeHealth() {
    Serve();
    stub_ = grpc::health::v1::Health::NewStub(channel_);
  }

  // What Check says; SERVICE_UNKNOWN for NOT_FOUND.
  HealthCheckResponse::ServingStatus Check(const std::string& name) {
    grpc::ClientContext context;
    HealthCheckRequest request;
    request.set_service(name);
    HealthCheckResponse response;
    const grpc::Status status = stub_->Check(&context, request, &response);
    if (status.error_code() == grpc::NOT_FOUND) return HealthCheckResponse::SERVICE_UNKNOWN;
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.status();
  }

  std::unique_ptr<Watcher> Watch(const std::string& name) {
    HealthCheckRequest request;
    request.set_service(name);
    return stub_->Watch(&context_, request);
  }
  static HealthCheckResponse::ServingStatus Next(Watcher& watcher) {
    HealthCheckResponse response;
    EXPECT_TRUE(watcher.Read(&response));
    return response.status();
  }

  // Whether the model's load succeeds.
  bool Load() { return PredictOneRow().ok(); }

  grpc::ClientContext context_;
  std::unique_ptr<grpc::health::v1::Health::Stub> stub_;
};

TEST_F(HealthRpcTest, AModelAndItsVersionsServeAsSoonAsTheyExist) {
  ASSERT_OK(models_.SetAlias("two", "production", 1, clock_.Now()));
  ServeHealth();
  for (const char* name : {"", "traind.v1.PredictionService", "two", "two/1", "two/production"}) {
    EXPECT_EQ(Check(name), HealthCheckResponse::SERVING) << name;
  }
}

TEST_F(HealthRpcTest, UnknownNamesAreNotFound) {
  ServeHealth();
  for (const char* name : {"three", "two/2", "two/canary", "two/0", "two/1/1", "/", "/1"}) {
    EXPECT_EQ(Check(name), HealthCheckResponse::SERVICE_UNKNOWN) << name;
  }
}

TEST_F(HealthRpcTest, AModelDoesNotServeFromAFailedLoadToOneThatSucceeds) {
  execution_.load_status = absl::DataLossError("no weights");
  ServeHealth();
  ASSERT_FALSE(Load());
  EXPECT_EQ(Check("two"), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(Check("two/1"), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(Check(""), HealthCheckResponse::SERVING);
  execution_.load_status = absl::OkStatus();
  ASSERT_TRUE(Load());
  EXPECT_EQ(Check("two"), HealthCheckResponse::SERVING);
}

TEST_F(HealthRpcTest, AModelDoesNotServeWhileAnExecutionOfItIsStuck) {
  execution_.hold = true;
  ServeHealth();
  const std::unique_ptr<Watcher> watcher = Watch("two");
  EXPECT_EQ(Next(*watcher), HealthCheckResponse::SERVING);
  std::thread client([this] { EXPECT_TRUE(PredictOneRow().ok()); });
  execution_.begun.WaitForNotification();
  EXPECT_EQ(Check("two"), HealthCheckResponse::SERVING);
  clock_.Advance(limits_.predict_stuck_timeout);
  predicts_->Watch();
  EXPECT_EQ(Check("two"), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(Check("two/1"), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(Check(""), HealthCheckResponse::SERVING);
  server_->RefreshHealth();
  EXPECT_EQ(Next(*watcher), HealthCheckResponse::NOT_SERVING);
  execution_.release.Notify();
  client.join();
  while (predicts_->stuck_count() > 0) std::this_thread::yield();
  EXPECT_EQ(Check("two"), HealthCheckResponse::SERVING);
  server_->RefreshHealth();
  EXPECT_EQ(Next(*watcher), HealthCheckResponse::SERVING);
}

TEST_F(HealthRpcTest, AModelDoesNotServeFromTheLossOfItsProcessUntilTheNextHasLoadedIt) {
  ServeHealth();
  ASSERT_TRUE(Load());
  execution_.hold_load = true;
  predicts_->pool().ReportLost("two", 1, "its process died");
  execution_.load_begun.WaitForNotification();
  EXPECT_EQ(Check("two"), HealthCheckResponse::NOT_SERVING);
  execution_.load_release.Notify();
  ASSERT_TRUE(Load());
  EXPECT_EQ(Check("two"), HealthCheckResponse::SERVING);
}

TEST_F(HealthRpcTest, PredictionsDoNotServeWhileWhatIsInUseIsLoadedAtTheStart) {
  ASSERT_OK(models_.SetAlias("two", "production", 1, clock_.Now()));
  execution_.hold_load = true;
  ServeHealth();
  predicts_->LoadVersionsInUse();
  execution_.load_begun.WaitForNotification();
  for (const char* name : {"traind.v1.PredictionService", "inference.GRPCInferenceService"}) {
    EXPECT_EQ(Check(name), HealthCheckResponse::NOT_SERVING) << name;
  }
  // Requests are taken, and all else is there.
  for (const char* name : {"", "traind.v1.TrainingService", "two"}) {
    EXPECT_EQ(Check(name), HealthCheckResponse::SERVING) << name;
  }
  execution_.load_release.Notify();
  ASSERT_TRUE(Load());
  while (!predicts_->is_ready()) std::this_thread::yield();
  EXPECT_EQ(Check("traind.v1.PredictionService"), HealthCheckResponse::SERVING);
}

TEST_F(HealthRpcTest, ADeletedVersionIsNotFound) {
  ServeHealth();
  (void)models_.DeleteVersion("two", 1, /*allow_last=*/true);
  EXPECT_EQ(Check("two/1"), HealthCheckResponse::SERVICE_UNKNOWN);
}

TEST_F(HealthRpcTest, AServerThatLeavesServesNothingThatItKnows) {
  ServeHealth();
  server_->LeaveHealth();
  for (const char* name : {"", "traind.v1.PredictionService", "two"}) {
    EXPECT_EQ(Check(name), HealthCheckResponse::NOT_SERVING) << name;
  }
  EXPECT_EQ(Check("three"), HealthCheckResponse::SERVICE_UNKNOWN);
}

TEST_F(HealthRpcTest, NobodyNeedsATokenForHealth) {
  options_.token = "s3cret";
  ServeHealth();
  EXPECT_EQ(Check("two"), HealthCheckResponse::SERVING);
}

TEST_F(HealthRpcTest, AWatchTellsEveryChange) {
  execution_.load_status = absl::DataLossError("no weights");
  ServeHealth();
  const std::unique_ptr<Watcher> watcher = Watch("two/1");
  EXPECT_EQ(Next(*watcher), HealthCheckResponse::SERVING);
  ASSERT_FALSE(Load());
  server_->RefreshHealth();
  EXPECT_EQ(Next(*watcher), HealthCheckResponse::NOT_SERVING);
  execution_.load_status = absl::OkStatus();
  ASSERT_TRUE(Load());
  // Nothing has changed the second time.
  server_->RefreshHealth();
  server_->RefreshHealth();
  EXPECT_EQ(Next(*watcher), HealthCheckResponse::SERVING);
  (void)models_.DeleteVersion("two", 1, /*allow_last=*/true);
  server_->RefreshHealth();
  EXPECT_EQ(Next(*watcher), HealthCheckResponse::SERVICE_UNKNOWN);
}

TEST_F(HealthRpcTest, AWatchOfAnUnknownNameStaysOpen) {
  ServeHealth();
  const std::unique_ptr<Watcher> watcher = Watch("three");
  EXPECT_EQ(Next(*watcher), HealthCheckResponse::SERVICE_UNKNOWN);
  context_.TryCancel();
  EXPECT_EQ(watcher->Finish().error_code(), grpc::CANCELLED);
}

TEST_F(HealthRpcTest, ShutdownIsToldAndEndsWatches) {
  ServeHealth();
  const std::unique_ptr<Watcher> watcher = Watch("");
  EXPECT_EQ(Next(*watcher), HealthCheckResponse::SERVING);
  server_->LeaveHealth();
  EXPECT_EQ(Next(*watcher), HealthCheckResponse::NOT_SERVING);
  server_->Shutdown(absl::Now() + absl::Seconds(10));
  EXPECT_EQ(watcher->Finish().error_code(), grpc::UNAVAILABLE);
}

TEST_F(HealthRpcTest, TooManyWatchesAreResourceExhausted) {
  limits_.health_watches_max = 1;
  ServeHealth();
  const std::unique_ptr<Watcher> first = Watch("");
  EXPECT_EQ(Next(*first), HealthCheckResponse::SERVING);
  grpc::ClientContext context;
  const std::unique_ptr<Watcher> second = stub_->Watch(&context, {});
  EXPECT_EQ(second->Finish().error_code(), grpc::RESOURCE_EXHAUSTED);
}

TEST_F(HealthRpcTest, WatchesThatAreCancelledAtAnyMomentLeaveRoomForOthers) {
  limits_.health_watches_max = 8;
  ServeHealth();
  for (int i = 0; i < 200; ++i) {
    grpc::ClientContext context;
    const std::unique_ptr<Watcher> watcher = stub_->Watch(&context, {});
    if (i % 3 == 0) watcher->WaitForInitialMetadata();
    context.TryCancel();
    server_->RefreshHealth();
    watcher->Finish();
  }
  // A watch may be let go a moment after its client has gone.
  grpc::Status status;
  do {
    grpc::ClientContext context;
    const std::unique_ptr<Watcher> watcher = stub_->Watch(&context, {});
    HealthCheckResponse response;
    const bool told = watcher->Read(&response);
    context.TryCancel();
    status = watcher->Finish();
    EXPECT_EQ(told, status.error_code() == grpc::CANCELLED);
  } while (status.error_code() == grpc::RESOURCE_EXHAUSTED);
}

}  // namespace
}  // namespace traind
