#include "bench/predict/target.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "inference/grpc_service.pb.h"
#include "traind/v1/prediction_service.pb.h"

namespace traind {
namespace {

absl::Status Malformed(absl::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat(
      "--target: expected NAME=ADDRESS,traind or NAME=ADDRESS,oip, then any of model=, version=, "
      "input= and pid=, such as traind=127.0.0.1:50051,oip,model=s4; got ",
      text));
}

v1::PredictRequest TraindRequest(const Target& target, const std::string& input_bytes) {
  v1::PredictRequest request;
  request.set_model(target.model);
  int64_t version = 0;
  if (absl::SimpleAtoi(target.version, &version)) {
    request.set_version(version);
  } else if (!target.version.empty()) {
    request.set_alias(target.version);
  }
  v1::Tensor& tensor = *request.add_inputs();
  tensor.set_name(target.input);
  tensor.set_data_type(v1::DATA_TYPE_FP32);
  for (const int64_t size : target.shape) tensor.add_shape(size);
  tensor.set_data(input_bytes);
  return request;
}

inference::ModelInferRequest OipRequest(const Target& target, const std::string& input_bytes) {
  inference::ModelInferRequest request;
  request.set_model_name(target.model);
  request.set_model_version(target.version);
  inference::ModelInferRequest::InferInputTensor& input = *request.add_inputs();
  input.set_name(target.input);
  input.set_datatype("FP32");
  for (const int64_t size : target.shape) input.add_shape(size);
  request.add_raw_input_contents(input_bytes);
  return request;
}

absl::Status NoAnswer() {
  return absl::InternalError("expected an answer with outputs, got other bytes");
}

template <typename Message>
bool Parse(grpc::ByteBuffer& bytes, Message& message) {
  return grpc::SerializationTraits<Message>::Deserialize(&bytes, &message).ok();
}

}  // namespace

absl::StatusOr<Target> ParseTarget(absl::string_view text, const Target& defaults) {
  Target target = defaults;
  const std::vector<std::string> parts = absl::StrSplit(text, ',');
  const std::pair<std::string, std::string> place =
      absl::StrSplit(parts[0], absl::MaxSplits('=', 1));
  target.name = place.first;
  target.address = place.second;
  if (target.name.empty() || target.address.empty() || parts.size() < 2) return Malformed(text);
  if (parts[1] != "traind" && parts[1] != "oip") return Malformed(text);
  target.protocol = parts[1] == "oip" ? InferProtocol::kOip : InferProtocol::kTraind;
  for (size_t i = 2; i < parts.size(); ++i) {
    const std::pair<std::string, std::string> field =
        absl::StrSplit(parts[i], absl::MaxSplits('=', 1));
    if (field.first == "model") {
      target.model = field.second;
    } else if (field.first == "version") {
      target.version = field.second;
    } else if (field.first == "input") {
      target.input = field.second;
    } else if (field.first == "pid" && absl::SimpleAtoi(field.second, &target.process)) {
      continue;
    } else {
      return Malformed(text);
    }
  }
  return target;
}

const std::string& PredictMethod(InferProtocol protocol) {
  static const std::string* const traind = new std::string("/traind.v1.PredictionService/Predict");
  static const std::string* const oip =
      new std::string("/inference.GRPCInferenceService/ModelInfer");
  return protocol == InferProtocol::kOip ? *oip : *traind;
}

grpc::ByteBuffer MakeRequest(const Target& target, const std::string& input_bytes) {
  const std::string bytes = target.protocol == InferProtocol::kOip
                                ? OipRequest(target, input_bytes).SerializeAsString()
                                : TraindRequest(target, input_bytes).SerializeAsString();
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

absl::StatusOr<std::string> AnswerVersion(InferProtocol protocol, grpc::ByteBuffer& answer) {
  if (protocol == InferProtocol::kOip) {
    inference::ModelInferResponse response;
    if (!Parse(answer, response) || response.outputs().empty()) return NoAnswer();
    return response.model_version();
  }
  v1::PredictResponse response;
  if (!Parse(answer, response) || response.outputs().empty()) return NoAnswer();
  return absl::StrCat(response.version());
}

}  // namespace traind
