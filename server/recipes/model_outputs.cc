#include "server/recipes/model_outputs.h"

#include <string>
#include <vector>

#include "server/recipes/selection_value.h"

namespace traind {
namespace {

void AddOutput(const std::string& name, v1::DataType type, const std::vector<int64_t>& shape,
               const std::string& description, v1::ModelVersion& version) {
  v1::TensorSignature& signature = *version.add_outputs();
  signature.set_name(name);
  signature.set_data_type(type);
  signature.mutable_shape()->Assign(shape.begin(), shape.end());
  signature.set_description(description);
}

}  // namespace

void AddOutputs(const v1::Loss& loss, int64_t output_count, v1::ModelVersion& version) {
  const std::vector<int64_t> shape = {-1, output_count};
  if (!HasAccuracy(loss)) {
    AddOutput("values", v1::DATA_TYPE_FP32, shape, "what the network puts out for each row",
              version);
    return;
  }
  if (!HasClassTargets(loss)) {
    AddOutput("logits", v1::DATA_TYPE_FP32, shape, "log-odds of each output", version);
    AddOutput("probabilities", v1::DATA_TYPE_FP32, shape, "sigmoid of the logits, each by itself",
              version);
    return;
  }
  AddOutput("classes", v1::DATA_TYPE_INT64, {-1}, "the most probable class of each row", version);
  AddOutput("logits", v1::DATA_TYPE_FP32, shape, "unnormalised log-probabilities", version);
  AddOutput("probabilities", v1::DATA_TYPE_FP32, shape, "softmax of the logits; each row sums to 1",
            version);
}

}  // namespace traind
