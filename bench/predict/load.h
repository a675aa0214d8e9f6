#ifndef TRAIND_BENCH_PREDICT_LOAD_H_
#define TRAIND_BENCH_PREDICT_LOAD_H_

#include <grpcpp/channel.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "bench/predict/latency_histogram.h"
#include "bench/predict/target.h"

namespace traind {

// How much a target is asked.
struct Load {
  // Closed loop: so many clients, each of which asks again as soon as it is answered.
  int clients = 1;
  // Open loop when above 0: requests a second at random moments (Poisson), however long
  // the answers take. A latency counts from the moment that chance had chosen, so what
  // the generator sends late is not forgiven (no coordinated omission).
  double rate = 0;
  absl::Duration warm_up = absl::Seconds(1);
  absl::Duration duration = absl::Seconds(5);
  // Of each request; zero: none.
  absl::Duration deadline;
  // Threads that take the answers.
  int threads = 1;
  // Open loop: requests at once; what would be more is not sent, and counted.
  int outstanding_max = 20'000;
  // How often the server's health is asked for meanwhile; zero: never.
  absl::Duration health_interval;
  // The server's process, whose processor time is to be told; 0: it is not known.
  int server_process = 0;
  // Chooses the moments.
  uint32_t seed = 1;
};

// What came of it. Calls count when they were due after the warm-up and before the end.
struct LoadResult {
  // OK answers that came in this time, per second of it.
  double answers_per_second = 0;
  // Calls by the name of their code, OK among them; NOT_SENT for those over the bound.
  std::map<std::string, int64_t> codes;
  // Answers by the version that gave them.
  std::map<std::string, int64_t> versions;
  LatencyHistogram answered;
  LatencyHistogram refused;
  // Open loop: from the moment that chance had chosen to the sending.
  LatencyHistogram lateness;
  // The generator's own, of all cores together, 0 to 1.
  double processor_share = 0;
  // The server's processor time for each OK answer; 0 when its process is not known.
  double server_us_per_answer = 0;
  int64_t health_checks = 0;
  int64_t health_failures = 0;
  std::string first_error;
};

// Connections to a target, one each. UNAVAILABLE when it does not answer within 10 s.
absl::StatusOr<std::vector<std::shared_ptr<grpc::Channel>>> Connect(const std::string& address,
                                                                    int connections);

// Puts a load on the target, with the requests in turn. Blocks until the last answer.
LoadResult RunLoad(const std::vector<std::shared_ptr<grpc::Channel>>& channels,
                   InferProtocol protocol, const std::vector<grpc::ByteBuffer>& requests,
                   const Load& load);

}  // namespace traind

#endif  // TRAIND_BENCH_PREDICT_LOAD_H_
