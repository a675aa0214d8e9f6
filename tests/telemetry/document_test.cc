// docs/METRICS.md against the code: its tables must name exactly the families
// that the page has, with their types, labels and helps.

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <fstream>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/fake_clock.h"
#include "tests/telemetry/full_page.h"

namespace traind {
namespace {

const char* TypeName(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter:
      return "counter";
    case prometheus::MetricType::Gauge:
      return "gauge";
    case prometheus::MetricType::Histogram:
      return "histogram";
    default:
      return "another type";
  }
}

// The family as a row of the document.
std::string Row(const prometheus::MetricFamily& family) {
  std::set<std::string> labels;
  for (const prometheus::ClientMetric& metric : family.metric) {
    for (const prometheus::ClientMetric::Label& label : metric.label) labels.insert(label.name);
  }
  return absl::StrCat("| `", family.name, "` | ", TypeName(family.type), " | ",
                      absl::StrJoin(labels, ", "), labels.empty() ? "| " : " | ", family.help,
                      " |");
}

// Rows of families. Those of prometheus-cpp itself are not on our page.
std::set<std::string> RowsOf(std::ifstream document) {
  std::set<std::string> rows;
  for (std::string line; std::getline(document, line);) {
    if (absl::StartsWith(line, "| `") && !absl::StartsWith(line, "| `exposer_")) rows.insert(line);
  }
  return rows;
}

TEST(MetricsDocumentTest, NamesEveryFamilyOfThePageAndNoOther) {
  const FakeClock clock;
  const std::unique_ptr<Metrics> metrics = FullPage(1, 1, FAKE_NVML_LIBRARY, clock);
  std::set<std::string> expected;
  for (const prometheus::MetricFamily& family : metrics->page()->Collect()) {
    expected.insert(Row(family));
  }
  EXPECT_EQ(RowsOf(std::ifstream("docs/METRICS.md")), expected)
      << "docs/METRICS.md: expected these rows:\n"
      << absl::StrJoin(expected, "\n");
}

TEST(MetricsDocumentTest, EveryFamilyKeepsToPrometheusNamingConventions) {
  const FakeClock clock;
  const std::unique_ptr<Metrics> metrics = FullPage(1, 1, FAKE_NVML_LIBRARY, clock);
  for (const prometheus::MetricFamily& family : metrics->page()->Collect()) {
    // Triton's name; whoever has its dashboards finds it here.
    if (family.name == "nv_energy_consumption") continue;
    EXPECT_EQ(family.type == prometheus::MetricType::Counter, absl::EndsWith(family.name, "_total"))
        << family.name;
    EXPECT_THAT(family.help, ::testing::EndsWith(".")) << family.name;
    EXPECT_THAT(family.help, ::testing::Not(::testing::HasSubstr("|"))) << family.name;
  }
}

}  // namespace
}  // namespace traind
