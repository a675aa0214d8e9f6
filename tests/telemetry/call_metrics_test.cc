#include "server/telemetry/call_metrics.h"

#include <prometheus/text_serializer.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace traind {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kGetRun[] = "TrainingService/GetRun";
// Labels as they are scraped; those of a counter that counts codes begin with it.
constexpr char kGetRunLabels[] =
    "grpc_method=\"GetRun\",grpc_service=\"traind.v1.TrainingService\",grpc_type=\"unary\"";
constexpr char kStreamLabels[] =
    "grpc_method=\"StreamMetrics\",grpc_service=\"traind.v1.TrainingService\","
    "grpc_type=\"server_stream\"";

class CallMetricsTest : public testing::Test {
 protected:
  std::string Scrape() const { return prometheus::TextSerializer().Serialize(registry_.Collect()); }
  static std::string Started(const char* labels, int count) {
    return absl::StrCat("grpc_server_started_total{", labels, "} ", count, "\n");
  }
  static std::string Handled(const char* labels, const char* code, int count) {
    return absl::StrCat("grpc_server_handled_total{grpc_code=\"", code, "\",", labels, "} ", count,
                        "\n");
  }

  prometheus::Registry registry_;
  CallMetrics calls_{{{"unary", "traind.v1.TrainingService", "GetRun"},
                      {"server_stream", "traind.v1.TrainingService", "StreamMetrics"}},
                     registry_};
};

TEST_F(CallMetricsTest, EveryMethodIsThereAtZeroFromTheStart) {
  const std::string text = Scrape();
  for (const char* labels : {kGetRunLabels, kStreamLabels}) {
    EXPECT_THAT(text, HasSubstr(Started(labels, 0)));
    EXPECT_THAT(text, HasSubstr(Handled(labels, "OK", 0)));
    EXPECT_THAT(text,
                HasSubstr(absl::StrCat("grpc_server_handling_seconds_count{", labels, "} 0")));
  }
}

TEST_F(CallMetricsTest, ACallInFlightIsStartedAndNotHandled) {
  calls_.OnStarted(kGetRun);
  EXPECT_THAT(Scrape(), HasSubstr(Started(kGetRunLabels, 1)));
  EXPECT_THAT(Scrape(), HasSubstr(Handled(kGetRunLabels, "OK", 0)));
}

TEST_F(CallMetricsTest, AnEndedCallIsCountedAndTimed) {
  calls_.OnEnded(kGetRun, absl::StatusCode::kOk, absl::Milliseconds(4));
  const std::string text = Scrape();
  EXPECT_THAT(text, HasSubstr(Handled(kGetRunLabels, "OK", 1)));
  EXPECT_THAT(text, HasSubstr(absl::StrCat("grpc_server_handling_seconds_bucket{", kGetRunLabels,
                                           ",le=\"0.003\"} 0")));
  EXPECT_THAT(text, HasSubstr(absl::StrCat("grpc_server_handling_seconds_bucket{", kGetRunLabels,
                                           ",le=\"0.005\"} 1")));
}

// The names are those of grpc-go's codes.Code.String().
TEST_F(CallMetricsTest, CodesHaveTheNamesThatGoGivesThem) {
  const char* const names[] = {
      "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
      "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
      "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
      "DataLoss", "Unauthenticated"};
  for (int code = 0; code < 17; ++code) {
    calls_.OnEnded(kGetRun, static_cast<absl::StatusCode>(code), absl::ZeroDuration());
  }
  const std::string text = Scrape();
  for (const char* name : names) EXPECT_THAT(text, HasSubstr(Handled(kGetRunLabels, name, 1)));
}

TEST_F(CallMetricsTest, NeitherMethodsNorCodesMakeSeriesOfTheirOwn) {
  calls_.OnStarted("TrainingService/Guess");
  calls_.OnEnded("TrainingService/Guess", absl::StatusCode::kOk, absl::ZeroDuration());
  calls_.OnEnded(kGetRun, static_cast<absl::StatusCode>(4711), absl::ZeroDuration());
  const std::string text = Scrape();
  EXPECT_THAT(text, Not(HasSubstr("Guess")));
  EXPECT_THAT(text, HasSubstr(Handled(kGetRunLabels, "Unknown", 1)));
}

TEST_F(CallMetricsTest, CallsFromManyThreadsAreAllCounted) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      for (int call = 0; call < 1000; ++call) {
        calls_.OnEnded(kGetRun, absl::StatusCode::kNotFound, absl::ZeroDuration());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(Scrape(), HasSubstr(Handled(kGetRunLabels, "NotFound", 4000)));
}

}  // namespace
}  // namespace traind
