#ifndef TRAIND_BENCH_PREDICT_ECHO_ANSWER_H_
#define TRAIND_BENCH_PREDICT_ECHO_ANSWER_H_

#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>

#include "inference/grpc_service.pb.h"
#include "traind/v1/prediction_service.pb.h"

namespace traind {

// What an echo server answers, whatever comes: an answer as long as that of s4 to one
// row, with `classes`, `logits` and `probabilities`.
const v1::PredictResponse& TraindAnswer();
const inference::ModelInferResponse& OipAnswer();

// The same, ready to be sent.
grpc::ByteBuffer ToBuffer(const google::protobuf::MessageLite& message);

}  // namespace traind

#endif  // TRAIND_BENCH_PREDICT_ECHO_ANSWER_H_
