#include "bench/predict/report.h"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace traind {
namespace {

constexpr double kMillisecond = 1e6;

using Figure = std::function<double(const LoadResult&)>;

double MedianOf(const std::vector<LoadResult>& results, const Figure& figure) {
  std::vector<double> values;
  for (const LoadResult& result : results) values.push_back(figure(result));
  return Median(std::move(values));
}

std::map<std::string, double> Quantiles(const std::vector<LoadResult>& results,
                                        LatencyHistogram LoadResult::*histogram) {
  std::map<std::string, double> quantiles;
  for (const auto& [name, share] : std::map<std::string, double>{
           {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1.0}}) {
    const double wanted = share;
    quantiles[name] = MedianOf(results, [histogram, wanted](const LoadResult& result) {
      return static_cast<double>((result.*histogram).Quantile(wanted)) / kMillisecond;
    });
  }
  return quantiles;
}

std::string LoadText(const Summary& summary) {
  return summary.rate > 0 ? absl::StrFormat("%g/s", summary.rate)
                          : absl::StrCat(summary.clients, " clients");
}

std::string CodesText(const Summary& summary) {
  std::string text;
  for (const auto& [code, count] : summary.codes) {
    if (code != "OK") absl::StrAppend(&text, text.empty() ? "" : ", ", count, " ", code);
  }
  return text.empty() ? "none" : text;
}

}  // namespace

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Summary Summarise(const std::string& target, const Load& load,
                  const std::vector<LoadResult>& results) {
  Summary summary;
  summary.target = target;
  summary.clients = load.clients;
  summary.rate = load.rate;
  summary.rounds = static_cast<int>(results.size());
  summary.answered_ms = Quantiles(results, &LoadResult::answered);
  summary.refused_ms = Quantiles(results, &LoadResult::refused);
  summary.late_p99_ms = MedianOf(results, [](const LoadResult& result) {
    return static_cast<double>(result.lateness.Quantile(0.99)) / kMillisecond;
  });
  summary.processor_share =
      MedianOf(results, [](const LoadResult& result) { return result.processor_share; });
  summary.server_us_per_answer =
      MedianOf(results, [](const LoadResult& result) { return result.server_us_per_answer; });
  for (const LoadResult& result : results) {
    summary.rounds_answers_per_second.push_back(result.answers_per_second);
    for (const auto& [code, count] : result.codes) summary.codes[code] += count;
    for (const auto& [version, count] : result.versions) summary.versions[version] += count;
    summary.health_checks += result.health_checks;
    summary.health_failures += result.health_failures;
    if (summary.first_error.empty()) summary.first_error = result.first_error;
  }
  summary.answers_per_second = Median(summary.rounds_answers_per_second);
  return summary;
}

std::string Table(const std::vector<Summary>& summaries) {
  std::string text = absl::StrFormat("%-16s %-12s %10s %8s %8s %8s %8s %8s %6s %7s  %s\n", "target",
                                     "load", "answers/s", "p50 ms", "p90", "p99", "p99.9", "max",
                                     "own %", "srv us", "errors");
  for (const Summary& summary : summaries) {
    const auto& ms = summary.answered_ms;
    absl::StrAppendFormat(
        &text, "%-16s %-12s %10.0f %8.3f %8.3f %8.3f %8.3f %8.3f %6.1f %7.1f  %s\n", summary.target,
        LoadText(summary), summary.answers_per_second, ms.at("p50"), ms.at("p90"), ms.at("p99"),
        ms.at("p999"), ms.at("max"), summary.processor_share * 100, summary.server_us_per_answer,
        CodesText(summary));
  }
  for (const Summary& summary : summaries) {
    if (summary.first_error.empty()) continue;
    absl::StrAppend(&text, summary.target, ", ", LoadText(summary),
                    ": the first error: ", summary.first_error, "\n");
  }
  return text;
}

std::string IdleTable(const std::vector<IdleSummary>& summaries) {
  std::string text = absl::StrFormat("%-16s %10s %10s  %s\n", "target", "median ms", "silence s",
                                     "the first call after it, ms");
  for (const IdleSummary& summary : summaries) {
    for (const auto& [seconds, first_ms] : summary.first_ms) {
      absl::StrAppendFormat(&text, "%-16s %10.3f %10d ", summary.target, summary.median_ms,
                            seconds);
      for (const double value : first_ms) absl::StrAppendFormat(&text, " %.3f", value);
      absl::StrAppend(&text, "\n");
    }
  }
  return text;
}

std::string Json(const std::vector<Summary>& summaries, const std::vector<IdleSummary>& idle) {
  using nlohmann::ordered_json;
  ordered_json loads = ordered_json::array();
  for (const Summary& summary : summaries) {
    loads.push_back({{"target", summary.target},
                     {"clients", summary.clients},
                     {"rate", summary.rate},
                     {"rounds", summary.rounds},
                     {"answers_per_second", summary.answers_per_second},
                     {"rounds_answers_per_second", summary.rounds_answers_per_second},
                     {"answered_ms", summary.answered_ms},
                     {"refused_ms", summary.refused_ms},
                     {"late_p99_ms", summary.late_p99_ms},
                     {"processor_share", summary.processor_share},
                     {"server_us_per_answer", summary.server_us_per_answer},
                     {"codes", summary.codes},
                     {"versions", summary.versions},
                     {"health_checks", summary.health_checks},
                     {"health_failures", summary.health_failures},
                     {"first_error", summary.first_error}});
  }
  ordered_json silences = ordered_json::array();
  for (const IdleSummary& summary : idle) {
    ordered_json first = ordered_json::object();
    for (const auto& [seconds, values] : summary.first_ms) first[absl::StrCat(seconds)] = values;
    silences.push_back(
        {{"target", summary.target}, {"median_ms", summary.median_ms}, {"first_ms", first}});
  }
  return ordered_json{{"loads", loads}, {"idle", silences}}.dump(2);
}

}  // namespace traind
