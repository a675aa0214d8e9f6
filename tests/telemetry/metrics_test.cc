// The page as a whole and how it is served.

#include <memory>
#include <string>

#include "server/telemetry/metrics_endpoint.h"
#include "tests/support/status_matchers.h"
#include "tests/telemetry/http_get.h"
#include "tests/telemetry/metrics_fixture.h"

namespace traind {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class MetricsTest : public MetricsFixture {};

TEST_F(MetricsTest, BuildInfoTellsTheVersions) {
  EXPECT_THAT(Lines(), Contains("traind_build_info{torch_version=\"2.11.0\",version=\"1.2.3\"} 1"));
}

TEST_F(MetricsTest, AScraperGetsThePage) {
  const absl::StatusOr<std::unique_ptr<MetricsEndpoint>> endpoint =
      MetricsEndpoint::Start("127.0.0.1:0", metrics_->page());
  ASSERT_OK(endpoint);
  const std::string answer = HttpGet((*endpoint)->address(), "/metrics");
  EXPECT_THAT(answer, HasSubstr("200 OK"));
  EXPECT_THAT(answer, HasSubstr("\ntraind_build_info{"));
  EXPECT_THAT(answer, HasSubstr("\nprocess_open_fds "));
}

TEST_F(MetricsTest, ATakenPortIsAStatusThatNamesTheFlag) {
  const absl::StatusOr<std::unique_ptr<MetricsEndpoint>> endpoint =
      MetricsEndpoint::Start("127.0.0.1:0", metrics_->page());
  ASSERT_OK(endpoint);
  EXPECT_THAT(MetricsEndpoint::Start((*endpoint)->address(), metrics_->page()),
              StatusIs(absl::StatusCode::kUnavailable, "choose another with --metrics-listen"));
}

TEST_F(MetricsTest, ThePredictQueueIsLookedUpAtEachScrape) {
  int depth = 3;
  options_.predict_queue_depth = [&] { return depth; };
  options_.predict_queue_limit = 1024;
  Restart();
  EXPECT_THAT(Lines("predict_queue"),
              ElementsAre("traind_predict_queue_limit 1024", "traind_predict_queue_depth 3"));
  depth = 0;
  EXPECT_THAT(Lines("predict_queue_depth"), ElementsAre("traind_predict_queue_depth 0"));
}

TEST_F(MetricsTest, WithoutAGpuLibraryThereAreNoGpuSeries) { EXPECT_THAT(Lines("nv_"), IsEmpty()); }

}  // namespace
}  // namespace traind
