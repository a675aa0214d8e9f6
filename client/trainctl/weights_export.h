#ifndef TRAIND_CLIENT_TRAINCTL_WEIGHTS_EXPORT_H_
#define TRAIND_CLIENT_TRAINCTL_WEIGHTS_EXPORT_H_

#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/trainctl/session.h"
#include "traind/v1/export_service.pb.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Weights on the server.
struct WeightsSource {
  std::string name;  // the run, or model and version
  v1::ReadWeightsRequest request;
  v1::Recipe recipe;
  std::vector<std::string> class_names;
};

// The run of this name; else the model, such as `s4`, `s4@3` or `s4@production`, without a
// version the one in production, or the newest. NOT_FOUND when there is neither.
absl::StatusOr<WeightsSource> FindWeights(const std::string& name, Session& session);

// Writes the weights as they are on the server: a safetensors file, or the file of a
// module. The server's errors;
// DATA_LOSS when it sends less than it says.
absl::Status WriteWeights(const WeightsSource& source, Session& session, std::ostream& out);

// Writes them as an ONNX file, see WriteOnnxModel.
absl::Status WriteOnnx(const WeightsSource& source, Session& session, std::ostream& out);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_WEIGHTS_EXPORT_H_
