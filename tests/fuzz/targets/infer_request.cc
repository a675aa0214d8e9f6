// ModelInferRequests of the Open Inference Protocol, as bytes from the wire: decoding,
// the choice of outputs, and the signature's check.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "google/protobuf/stubs/logging.h"
#include "server/oip/infer_decoder.h"
#include "server/oip/requested_outputs.h"
#include "server/serving/signature.h"
#include "tests/fuzz/targets/require.h"
#include "tests/oip/oip_fixture.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const google::protobuf::LogSilencer silencer;
  static const traind::v1::ModelVersion version = traind::ThreeClassVersion();
  static const traind::Limits limits;
  inference::ModelInferRequest request;
  if (!request.ParseFromArray(data, static_cast<int>(size))) return 0;
  if (const auto outputs = traind::ChooseOutputs(version, request); !outputs.ok()) {
    traind::RequireWords(outputs.status());
  }
  const absl::StatusOr<traind::InferCall> call = traind::DecodeInferRequest(request);
  if (!call.ok()) {
    traind::RequireWords(call.status());
    return 0;
  }
  for (const traind::TensorView& view : call->inputs) {
    // A length of zero makes all of it empty, however large the others are.
    const bool is_empty = std::count(view.shape.begin(), view.shape.end(), 0) > 0;
    int64_t expected = is_empty ? 0 : traind::ElementBytes(view.data_type);
    for (int64_t length : view.shape) expected *= is_empty ? 1 : length;
    traind::Require(static_cast<int64_t>(view.bytes.size()) == expected,
                    "a view has its shape's bytes");
    // Read them all: a view past its storage is found by the sanitizer.
    volatile char sum = 0;
    for (char byte : view.bytes) sum = static_cast<char>(sum + byte);
  }
  const auto rows = traind::CheckInputs(version, call->inputs, limits);
  if (!rows.ok()) traind::RequireCode(rows.status(), absl::StatusCode::kInvalidArgument);
  return 0;
}
