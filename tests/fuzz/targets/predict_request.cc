// PredictRequests as bytes from the wire: decoding, and the signature's check.
#include "server/rpc/predict_request.h"

#include <cstddef>
#include <cstdint>

#include "google/protobuf/stubs/logging.h"
#include "server/serving/signature.h"
#include "tests/fuzz/targets/require.h"
#include "tests/oip/oip_fixture.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const google::protobuf::LogSilencer silencer;
  static const traind::v1::ModelVersion version = traind::ThreeClassVersion();
  static const traind::Limits limits;
  traind::v1::PredictRequest request;
  if (!request.ParseFromArray(data, static_cast<int>(size))) return 0;
  const absl::StatusOr<traind::PredictCall> call = traind::DecodePredictRequest(request);
  if (!call.ok()) {
    traind::RequireCode(call.status(), absl::StatusCode::kInvalidArgument);
    return 0;
  }
  const auto rows = traind::CheckInputs(version, call->inputs, limits);
  if (!rows.ok()) {
    traind::RequireCode(rows.status(), absl::StatusCode::kInvalidArgument);
    return 0;
  }
  traind::Require(*rows >= 1 && *rows <= limits.predict_rows_max, "rows are within the limit");
  return 0;
}
