#ifndef TRAIND_BENCH_PREDICT_TARGET_H_
#define TRAIND_BENCH_PREDICT_TARGET_H_

#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace traind {

// How a target is asked.
enum class InferProtocol {
  // traind.v1.PredictionService.Predict.
  kTraind,
  // inference.GRPCInferenceService.ModelInfer with raw contents.
  kOip,
};

// A server under load, and the model that it is asked for.
struct Target {
  std::string name;
  std::string address;
  InferProtocol protocol = InferProtocol::kOip;
  std::string model = "s4";
  // A number, an alias, or empty for what the server picks.
  std::string version;
  std::string input = "x";
  // The server's process, if it is on this machine and its processor time is wanted; else 0.
  int process = 0;
  // Of one request, its rows first.
  std::vector<int64_t> shape = {1, 1, 28, 28};
};

// Reads NAME=ADDRESS,PROTOCOL[,model=M][,version=V][,input=I][,pid=P], with the
// rest from `defaults`. INVALID_ARGUMENT says what was expected.
absl::StatusOr<Target> ParseTarget(absl::string_view text, const Target& defaults);

// The full name of the method that predicts, as gRPC wants it.
const std::string& PredictMethod(InferProtocol protocol);

// A request of one input, ready to be sent any number of times.
grpc::ByteBuffer MakeRequest(const Target& target, const std::string& input_bytes);

// The version that answered. INTERNAL for bytes that are no answer, or one without outputs.
absl::StatusOr<std::string> AnswerVersion(InferProtocol protocol, grpc::ByteBuffer& answer);

}  // namespace traind

#endif  // TRAIND_BENCH_PREDICT_TARGET_H_
