#ifndef TRAIND_TESTS_TELEMETRY_METRICS_FIXTURE_H_
#define TRAIND_TESTS_TELEMETRY_METRICS_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/telemetry/metrics.h"
#include "tests/support/fake_clock.h"
#include "tests/telemetry/observed.h"

namespace traind {

// Metrics with a fake clock and no GPU library, and what their page says.
class MetricsFixture : public ::testing::Test {
 protected:
  MetricsFixture() {
    options_.version = "1.2.3";
    options_.torch_version = "2.11.0";
    options_.run_linger = absl::Minutes(5);
    options_.data_directory = ".";
    options_.nvml_library = "/no/such/library.so";
    Restart();
  }

  // Metrics of a new server, by options_.
  void Restart() { metrics_ = std::make_unique<Metrics>(options_, clock_); }

  // The page's lines that hold `text`, but for comments.
  std::vector<std::string> Lines(const std::string& text = "") {
    std::vector<std::string> lines;
    for (absl::string_view line : absl::StrSplit(PageText(*metrics_), '\n', absl::SkipEmpty())) {
      if (line.front() != '#' && line.find(text) != absl::string_view::npos) {
        lines.emplace_back(line);
      }
    }
    return lines;
  }

  Metrics::Options options_;
  FakeClock clock_;
  std::unique_ptr<Metrics> metrics_;
};

}  // namespace traind

#endif  // TRAIND_TESTS_TELEMETRY_METRICS_FIXTURE_H_
