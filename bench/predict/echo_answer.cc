#include "bench/predict/echo_answer.h"

#include <initializer_list>
#include <string>

namespace traind {
namespace {

constexpr int kClasses = 10;

void AddTraindOutput(const char* name, v1::DataType type, std::initializer_list<int64_t> shape,
                     size_t bytes, v1::PredictResponse& answer) {
  v1::Tensor& tensor = *answer.add_outputs();
  tensor.set_name(name);
  tensor.set_data_type(type);
  for (const int64_t size : shape) tensor.add_shape(size);
  tensor.set_data(std::string(bytes, '\1'));
}

void AddOipOutput(const char* name, const char* datatype, std::initializer_list<int64_t> shape,
                  size_t bytes, inference::ModelInferResponse& answer) {
  inference::ModelInferResponse::InferOutputTensor& tensor = *answer.add_outputs();
  tensor.set_name(name);
  tensor.set_datatype(datatype);
  for (const int64_t size : shape) tensor.add_shape(size);
  answer.add_raw_output_contents(std::string(bytes, '\1'));
}

}  // namespace

const v1::PredictResponse& TraindAnswer() {
  static const v1::PredictResponse* const answer = [] {
    auto* const made = new v1::PredictResponse;
    made->set_model("s4");
    made->set_version(1);
    AddTraindOutput("classes", v1::DATA_TYPE_INT64, {1}, sizeof(int64_t), *made);
    for (const char* name : {"logits", "probabilities"}) {
      AddTraindOutput(name, v1::DATA_TYPE_FP32, {1, kClasses}, kClasses * sizeof(float), *made);
    }
    made->mutable_queue_time()->set_nanos(1000);
    made->mutable_compute_time()->set_nanos(100'000);
    return made;
  }();
  return *answer;
}

const inference::ModelInferResponse& OipAnswer() {
  static const inference::ModelInferResponse* const answer = [] {
    auto* const made = new inference::ModelInferResponse;
    made->set_model_name("s4");
    made->set_model_version("1");
    AddOipOutput("classes", "INT64", {1}, sizeof(int64_t), *made);
    for (const char* name : {"logits", "probabilities"}) {
      AddOipOutput(name, "FP32", {1, kClasses}, kClasses * sizeof(float), *made);
    }
    return made;
  }();
  return *answer;
}

grpc::ByteBuffer ToBuffer(const google::protobuf::MessageLite& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace traind
