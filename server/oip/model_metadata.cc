#include "server/oip/model_metadata.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/oip/datatype.h"

namespace traind {
namespace {

// As other servers call what LibTorch runs.
constexpr char kPlatform[] = "pytorch_libtorch";
constexpr char kBackend[] = "pytorch";
constexpr char kClassNamesParameter[] = "class_names";

void DescribeTensor(const v1::TensorSignature& signature,
                    inference::ModelMetadataResponse::TensorMetadata& tensor) {
  tensor.set_name(signature.name());
  if (const OipDatatype* datatype = FindOipDatatype(signature.data_type())) {
    tensor.set_datatype(std::string(datatype->name));
  }
  *tensor.mutable_shape() = signature.shape();
}

// For ModelInput and ModelOutput, which name these fields alike.
template <typename ConfigTensor>
void ConfigureTensor(const v1::TensorSignature& signature, ConfigTensor& tensor) {
  tensor.set_name(signature.name());
  if (const OipDatatype* datatype = FindOipDatatype(signature.data_type())) {
    tensor.set_data_type(datatype->config);
  }
  for (int i = 1; i < signature.shape_size(); ++i) tensor.add_dims(signature.shape(i));
}

void ConfigureQueue(const Limits& limits, inference::ModelQueuePolicy& policy) {
  policy.set_timeout_action(inference::ModelQueuePolicy::REJECT);
  policy.set_default_timeout_microseconds(
      static_cast<uint64_t>(absl::ToInt64Microseconds(limits.predict_deadline_default)));
  policy.set_allow_timeout_override(true);
  policy.set_max_queue_size(static_cast<uint32_t>(limits.predict_queue_max));
}

// Names as a JSON array.
std::string NamesText(const google::protobuf::RepeatedPtrField<std::string>& names) {
  google::protobuf::ListValue list;
  for (const std::string& name : names) list.add_values()->set_string_value(name);
  std::string text;
  // It fails only for what is not UTF-8, which no message holds.
  if (!google::protobuf::util::MessageToJsonString(list, &text).ok()) return "";
  return text;
}

}  // namespace

inference::ModelMetadataResponse DescribeModel(const v1::ModelVersion& version,
                                               absl::Span<const int64_t> versions) {
  inference::ModelMetadataResponse response;
  response.set_name(version.model());
  for (const int64_t number : versions) response.add_versions(absl::StrCat(number));
  response.set_platform(kPlatform);
  for (const v1::TensorSignature& input : version.inputs()) {
    DescribeTensor(input, *response.add_inputs());
  }
  for (const v1::TensorSignature& output : version.outputs()) {
    DescribeTensor(output, *response.add_outputs());
  }
  return response;
}

inference::ModelConfigResponse DescribeConfig(const v1::ModelVersion& version, const Limits& limits,
                                              int executor_count) {
  inference::ModelConfigResponse response;
  inference::ModelConfig& config = *response.mutable_config();
  config.set_name(version.model());
  config.set_platform(kPlatform);
  config.set_backend(kBackend);
  config.mutable_version_policy()->mutable_all();
  config.set_max_batch_size(static_cast<int32_t>(
      std::min<int64_t>(limits.predict_rows_max, std::numeric_limits<int32_t>::max())));
  for (const v1::TensorSignature& input : version.inputs()) {
    ConfigureTensor(input, *config.add_input());
  }
  for (const v1::TensorSignature& output : version.outputs()) {
    ConfigureTensor(output, *config.add_output());
  }
  if (!version.class_names().empty()) {
    (*config.mutable_parameters())[kClassNamesParameter].set_string_value(
        NamesText(version.class_names()));
  }
  inference::ModelInstanceGroup& group = *config.add_instance_group();
  group.set_name(version.model());
  group.set_kind(inference::ModelInstanceGroup::KIND_CPU);
  group.set_count(executor_count);
  ConfigureQueue(limits, *config.mutable_dynamic_batching()->mutable_default_queue_policy());
  return response;
}

}  // namespace traind
