#ifndef TRAIND_BENCH_PREDICT_LOAD_TALLY_H_
#define TRAIND_BENCH_PREDICT_LOAD_TALLY_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <cstdint>
#include <string>

#include "bench/predict/load.h"
#include "bench/predict/target.h"

namespace traind {

// Nanoseconds of the monotonic clock.
int64_t NowNanoseconds();

// The name of a gRPC code, such as RESOURCE_EXHAUSTED.
std::string CodeName(grpc::StatusCode code);

// What one thread has seen of a load. Not thread-safe.
class LoadTally {
 public:
  // Counts calls that were due from `begin` until before `end`.
  LoadTally(InferProtocol protocol, int64_t begin, int64_t end)
      : protocol_(protocol), begin_(begin), end_(end) {}

  // A call that was due then and has ended now.
  void Count(int64_t due, const grpc::Status& status, grpc::ByteBuffer& answer);
  // A call that was due then and was sent now, or not at all.
  void CountSent(int64_t due, bool sent);
  void AddTo(LoadResult& result) const;

 private:
  bool IsCounted(int64_t time) const { return time >= begin_ && time < end_; }

  const InferProtocol protocol_;
  const int64_t begin_;
  const int64_t end_;
  LoadResult seen_;
  int64_t answers_in_time_ = 0;
};

}  // namespace traind

#endif  // TRAIND_BENCH_PREDICT_LOAD_TALLY_H_
