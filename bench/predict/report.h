#ifndef TRAIND_BENCH_PREDICT_REPORT_H_
#define TRAIND_BENCH_PREDICT_REPORT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bench/predict/load.h"

namespace traind {

// One target under one load, over all rounds. Latencies in milliseconds; each figure is
// the median of the rounds' own, while counts are sums.
struct Summary {
  std::string target;
  int clients = 0;
  double rate = 0;
  int rounds = 0;
  double answers_per_second = 0;
  // By name: p50, p90, p99, p999, max; of OK answers, and of all other ends of calls.
  std::map<std::string, double> answered_ms;
  std::map<std::string, double> refused_ms;
  double late_p99_ms = 0;
  double processor_share = 0;
  double server_us_per_answer = 0;
  std::map<std::string, int64_t> codes;
  std::map<std::string, int64_t> versions;
  int64_t health_checks = 0;
  int64_t health_failures = 0;
  std::string first_error;
  // Of each round.
  std::vector<double> rounds_answers_per_second;
};

// The middle one, or the mean of the middle two; 0 of none.
double Median(std::vector<double> values);

// `results` has one for each round, at least one.
Summary Summarise(const std::string& target, const Load& load,
                  const std::vector<LoadResult>& results);

// How long the first call after a silence took, against calls without one.
struct IdleSummary {
  std::string target;
  double median_ms = 0;
  // Seconds of silence, and what the call after it took in each round.
  std::map<int, std::vector<double>> first_ms;
};

std::string Table(const std::vector<Summary>& summaries);
std::string IdleTable(const std::vector<IdleSummary>& summaries);
std::string Json(const std::vector<Summary>& summaries, const std::vector<IdleSummary>& idle);

}  // namespace traind

#endif  // TRAIND_BENCH_PREDICT_REPORT_H_
