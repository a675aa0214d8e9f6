#include "server/oip/infer_parameters.h"

#include <algorithm>
#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/oip/error_text.h"

namespace traind {
namespace {

using inference::InferParameter;

std::string ParameterText(const InferParameter& parameter) {
  switch (parameter.parameter_choice_case()) {
    case InferParameter::kBoolParam:
      return parameter.bool_param() ? "true" : "false";
    case InferParameter::kInt64Param:
      return absl::StrCat(parameter.int64_param());
    case InferParameter::kStringParam:
      return QuotedName(parameter.string_param());
    case InferParameter::kDoubleParam:
      return absl::StrCat("the fraction ", parameter.double_param());
    case InferParameter::kUint64Param:
      return absl::StrCat(parameter.uint64_param());
    case InferParameter::PARAMETER_CHOICE_NOT_SET:
      break;
  }
  return "no value";
}

// Clients send an id of 0 or "" and false marks for a request outside of any sequence.
bool IsSet(const InferParameter& parameter) {
  switch (parameter.parameter_choice_case()) {
    case InferParameter::kBoolParam:
      return parameter.bool_param();
    case InferParameter::kInt64Param:
      return parameter.int64_param() != 0;
    case InferParameter::kStringParam:
      return !parameter.string_param().empty();
    case InferParameter::kUint64Param:
      return parameter.uint64_param() != 0;
    case InferParameter::kDoubleParam:
    case InferParameter::PARAMETER_CHOICE_NOT_SET:
      break;
  }
  return true;
}

absl::Status CheckNoSequence(const InferParameterMap& parameters) {
  for (const char* name : {"sequence_id", "sequence_start", "sequence_end"}) {
    const auto found = parameters.find(name);
    if (found == parameters.end() || !IsSet(found->second)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("parameter ", name,
                     ": expected none, since models here keep nothing between requests, got ",
                     ParameterText(found->second)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::optional<uint64_t>> FindCount(const InferParameterMap& parameters,
                                                  const std::string& name) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return std::nullopt;
  const InferParameter& parameter = found->second;
  if (parameter.has_uint64_param()) return parameter.uint64_param();
  if (parameter.has_int64_param() && parameter.int64_param() >= 0) {
    return static_cast<uint64_t>(parameter.int64_param());
  }
  return absl::InvalidArgumentError(absl::StrCat("parameter ", name,
                                                 ": expected an int64 or uint64 of 0 or more, got ",
                                                 ParameterText(parameter)));
}

absl::StatusOr<InferParameters> ParseInferParameters(const InferParameterMap& parameters) {
  RETURN_IF_ERROR(CheckNoSequence(parameters));
  InferParameters result;
  ASSIGN_OR_RETURN(const std::optional<uint64_t> priority, FindCount(parameters, "priority"));
  result.priority = priority.value_or(0);
  ASSIGN_OR_RETURN(const std::optional<uint64_t> timeout, FindCount(parameters, "timeout"));
  if (timeout.value_or(0) > 0) {
    constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
    result.timeout = absl::Microseconds(static_cast<int64_t>(std::min(*timeout, kMax)));
  }
  return result;
}

absl::Status CheckNoSharedMemory(absl::string_view tensor, const InferParameterMap& parameters) {
  for (const auto& [name, value] : parameters) {
    if (!absl::StartsWith(name, "shared_memory_")) continue;
    return absl::UnimplementedError(
        absl::StrCat(tensor, ": expected its bytes in the message, got shared memory (",
                     QuotedName(name), "), which this server does not have"));
  }
  return absl::OkStatus();
}

}  // namespace traind
