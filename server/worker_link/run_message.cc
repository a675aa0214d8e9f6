#include "server/worker_link/run_message.h"

#include <google/protobuf/io/coded_stream.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/slice.h>

#include <algorithm>

#include "absl/status/status.h"
#include "traind/worker/v1/serving_service.pb.h"

namespace traind {
namespace {

using google::protobuf::io::CodedInputStream;
using worker::v1::RunRequest;

// A field's number and how it is written: https://protobuf.dev/programming-guides/encoding.
constexpr uint32_t kVarint = 0;
constexpr uint32_t kLengthDelimited = 2;
constexpr uint32_t kHandleTag = RunRequest::kHandleFieldNumber << 3 | kVarint;
constexpr uint32_t kRowCountTag = RunRequest::kRowCountFieldNumber << 3 | kVarint;
constexpr uint32_t kInputsTag = RunRequest::kInputsFieldNumber << 3 | kLengthDelimited;

bool ReadInteger(CodedInputStream& stream, int64_t& value) {
  uint64_t bits = 0;
  if (!stream.ReadVarint64(&bits)) return false;
  value = static_cast<int64_t>(bits);
  return true;
}

bool ReadPieces(CodedInputStream& stream, std::vector<absl::string_view>& pieces) {
  uint32_t left = 0;
  if (!stream.ReadVarint32(&left)) return false;
  while (left > 0) {
    const void* data = nullptr;
    int size = 0;
    if (!stream.GetDirectBufferPointer(&data, &size)) return false;
    const int taken = static_cast<int>(std::min<uint32_t>(left, static_cast<uint32_t>(size)));
    pieces.emplace_back(static_cast<const char*>(data), static_cast<size_t>(taken));
    if (!stream.Skip(taken)) return false;
    left -= static_cast<uint32_t>(taken);
  }
  return true;
}

bool ReadFields(CodedInputStream& stream, RunMessage& message) {
  while (const uint32_t tag = stream.ReadTag()) {
    bool read = false;
    if (tag == kHandleTag) read = ReadInteger(stream, message.handle);
    if (tag == kRowCountTag) read = ReadInteger(stream, message.row_count);
    if (tag == kInputsTag) read = ReadPieces(stream, message.inputs);
    if (!read) return false;
  }
  return true;
}

void FillResponse(const Prediction& prediction, worker::v1::RunResponse& response) {
  response.set_row_count(prediction.row_count);
  response.set_class_count(prediction.class_count);
  response.mutable_classes()->Add(prediction.classes.begin(), prediction.classes.end());
  response.mutable_logits()->Add(prediction.logits.begin(), prediction.logits.end());
  response.mutable_probabilities()->Add(prediction.probabilities.begin(),
                                        prediction.probabilities.end());
  response.set_input_nanos(absl::ToInt64Nanoseconds(prediction.times.input));
  response.set_infer_nanos(absl::ToInt64Nanoseconds(prediction.times.infer));
  response.set_output_nanos(absl::ToInt64Nanoseconds(prediction.times.output));
}

}  // namespace

absl::StatusOr<RunMessage> ReadRunMessage(grpc::ByteBuffer& buffer) {
  RunMessage message;
  grpc::ProtoBufferReader reader(&buffer);
  CodedInputStream stream(&reader);
  if (reader.status().ok() && ReadFields(stream, message)) return message;
  return absl::InvalidArgumentError("expected a RunRequest, got other bytes");
}

grpc::ByteBuffer WriteRunResponse(const absl::StatusOr<Prediction>& prediction) {
  worker::v1::RunResponse response;
  if (prediction.ok()) {
    FillResponse(*prediction, response);
  } else {
    response.mutable_failure()->set_code(static_cast<int>(prediction.status().code()));
    response.mutable_failure()->set_message(std::string(prediction.status().message()));
  }
  grpc::Slice slice(response.ByteSizeLong());
  response.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  return {&slice, 1};
}

}  // namespace traind
