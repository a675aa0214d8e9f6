#ifndef TRAIND_TESTS_OIP_OIP_FIXTURE_H_
#define TRAIND_TESTS_OIP_OIP_FIXTURE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "inference/grpc_service.pb.h"
#include "server/serving/executor.h"
#include "traind/v1/model.pb.h"

namespace traind {

inline void AddTensor(const char* name, v1::DataType type, const std::vector<int64_t>& shape,
                      google::protobuf::RepeatedPtrField<v1::TensorSignature>& tensors) {
  v1::TensorSignature& tensor = *tensors.Add();
  tensor.set_name(name);
  tensor.set_data_type(type);
  for (int64_t size : shape) tensor.add_shape(size);
}

// Version 3 of s4: takes x, FP32 [N, 1, 1, 2], and tells three classes apart.
inline v1::ModelVersion ThreeClassVersion() {
  v1::ModelVersion version;
  version.set_model("s4");
  version.set_version(3);
  AddTensor("x", v1::DATA_TYPE_FP32, {-1, 1, 1, 2}, *version.mutable_inputs());
  AddTensor("classes", v1::DATA_TYPE_INT64, {-1}, *version.mutable_outputs());
  AddTensor("logits", v1::DATA_TYPE_FP32, {-1, 3}, *version.mutable_outputs());
  AddTensor("probabilities", v1::DATA_TYPE_FP32, {-1, 3}, *version.mutable_outputs());
  return version;
}

// Two rows: class 2, then classes 0 and 1 alike.
inline Prediction TwoRowPrediction() {
  Prediction prediction;
  prediction.row_count = 2;
  prediction.class_count = 3;
  prediction.classes = {2, 0};
  prediction.logits = {-1, 0, 2, 1, 1, 0.1f};
  prediction.probabilities = {0.125f, 0.125f, 0.75f, 0.375f, 0.375f, 0.25f};
  return prediction;
}

// The bytes of text literals that have zeros in them.
template <size_t kSize>
std::string Bytes(const char (&text)[kSize]) {
  return std::string(text, kSize - 1);
}

// A request to s4 with one input x, FP32 [1, 2], without its elements.
inline inference::ModelInferRequest RequestWithX() {
  inference::ModelInferRequest request;
  request.set_model_name("s4");
  inference::ModelInferRequest::InferInputTensor& x = *request.add_inputs();
  x.set_name("x");
  x.set_datatype("FP32");
  x.add_shape(1);
  x.add_shape(2);
  return request;
}

}  // namespace traind

#endif  // TRAIND_TESTS_OIP_OIP_FIXTURE_H_
