#include "server/oip/requested_outputs.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/status_macros.h"
#include "server/oip/error_text.h"
#include "server/oip/infer_parameters.h"

namespace traind {
namespace {

using Output = inference::ModelInferRequest::InferRequestedOutputTensor;

absl::StatusOr<int> FindOutput(const v1::ModelVersion& version, const std::string& name) {
  for (int i = 0; i < version.outputs_size(); ++i) {
    if (version.outputs(i).name() == name) return i;
  }
  const std::string names = absl::StrJoin(version.outputs(), ", ",
                                          [](std::string* out, const v1::TensorSignature& output) {
                                            absl::StrAppend(out, output.name());
                                          });
  return absl::InvalidArgumentError(
      absl::StrCat("outputs: expected some of ", names, ", got ", QuotedName(name)));
}

// The classes asked for; 0 when the output is wanted as it is.
absl::StatusOr<int64_t> TopCount(const v1::TensorSignature& signature, const Output& output) {
  ASSIGN_OR_RETURN(const std::optional<uint64_t> asked,
                   FindCount(output.parameters(), "classification"));
  if (!asked.has_value()) return 0;
  if (*asked == 0) {
    return absl::InvalidArgumentError("classification: expected 1 or more classes, got 0");
  }
  const bool has_value_for_each_class =
      signature.data_type() == v1::DATA_TYPE_FP32 && signature.shape_size() == 2;
  if (!has_value_for_each_class) {
    return absl::InvalidArgumentError(
        "classification: expected an output with a number for each class, got one without");
  }
  return static_cast<int64_t>(
      std::min(*asked, static_cast<uint64_t>(std::max<int64_t>(1, signature.shape(1)))));
}

}  // namespace

absl::StatusOr<std::vector<RequestedOutput>> ChooseOutputs(
    const v1::ModelVersion& version, const inference::ModelInferRequest& request) {
  std::vector<RequestedOutput> chosen;
  if (request.outputs().empty()) {
    for (int i = 0; i < version.outputs_size(); ++i) chosen.push_back({.index = i});
    return chosen;
  }
  std::set<int> indexes;
  for (const Output& output : request.outputs()) {
    ASSIGN_OR_RETURN(const int index, FindOutput(version, output.name()));
    const std::string field = absl::StrCat("output ", output.name());
    if (!indexes.insert(index).second) {
      return absl::InvalidArgumentError(absl::StrCat(field, ": expected once, got twice"));
    }
    RETURN_IF_ERROR(CheckNoSharedMemory(field, output.parameters()));
    const absl::StatusOr<int64_t> top_count = TopCount(version.outputs(index), output);
    if (!top_count.ok()) {
      return absl::Status(top_count.status().code(),
                          absl::StrCat(field, ": ", top_count.status().message()));
    }
    chosen.push_back({.index = index, .top_count = *top_count});
  }
  return chosen;
}

}  // namespace traind
