#include "server/torch/infer/module_inspection.h"

#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/modules/module_header.h"
#include "server/recipes/feature_map.h"
#include "server/torch/infer/form_check.h"
#include "server/torch/infer/loaded_module.h"
#include "server/torch/module_error.h"
#include "server/torch/random_generator.h"
#include "server/torch/torch_status.h"

namespace traind {
namespace {

// More than one, and no size that code is written for.
constexpr int64_t kRowsTogether = 3;
constexpr uint64_t kSeed = 1;
// Of the largest answer: other sizes of a batch may round differently.
constexpr double kErrorMax = 1e-3;

absl::StatusOr<std::vector<int64_t>> InputShapeOf(const v1::ModuleHeader& header,
                                                  const LoadedModule& loaded) {
  if (!header.input_shape().empty()) {
    return std::vector<int64_t>(header.input_shape().begin(), header.input_shape().end());
  }
  if (!loaded.input_shape.empty()) return ParseInputShape(loaded.input_shape);
  return absl::InvalidArgumentError(absl::StrCat(
      "input_shape: expected the sizes of one input row, with the push (--input 1,28,28) or in the "
      "file as ",
      kInputShapeKey, ", got neither"));
}

at::Tensor MakeRows(int64_t row_count, const std::vector<int64_t>& shape) {
  std::vector<int64_t> sizes = shape;
  sizes.insert(sizes.begin(), row_count);
  return at::rand(sizes, MakeGenerator(at::kCPU, kSeed));
}

// Rows must be answered the same in every company, as Predict joins requests.
absl::Status CompareTogether(const LoadedModule& loaded, const at::Tensor& rows,
                             const at::Tensor& together) {
  const at::Tensor alone = loaded.forward(rows.narrow(0, 0, 1));
  if (alone.size(1) == together.size(1) &&
      RelativeError(together.narrow(0, 0, 1), alone) <= kErrorMax) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "the module: expected the answer to a row not to depend on those beside it, got another one "
      "in a batch of ",
      rows.size(0), " rows; give --rows if it was compiled for one number of rows"));
}

// Why a training would fail; empty: it would not. Changes the module.
std::string TryTraining(const ScriptModule& script, const at::Tensor& rows) {
  if (std::string trouble = script.StateTrouble(); !trouble.empty()) return trouble;
  try {
    const std::vector<NamedTensor> parameters = script.Parameters();
    std::vector<at::Tensor> tensors;
    for (const NamedTensor& named : parameters) tensors.push_back(named.tensor);
    ForwardContext context;
    context.training = true;
    context.dropout = MakeGenerator(at::kCPU, kSeed);
    const at::Tensor output = script.Forward(rows.clone(), context);
    if (!output.requires_grad()) return "its output does not depend on its parameters";
    const std::vector<at::Tensor> gradients =
        torch::autograd::grad({output.sum()}, tensors, {}, std::nullopt, false,
                              /*allow_unused=*/true);
    for (size_t i = 0; i < gradients.size(); ++i) {
      if (!gradients[i].defined()) {
        return absl::StrCat("its output does not depend on the parameter ", parameters[i].name);
      }
    }
    return "";
  } catch (const ModuleError& error) {
    return error.what();
  } catch (const c10::Error& error) {
    return FirstReason(error.what_without_backtrace());
  }
}

int64_t ParameterCount(const ScriptModule& script) {
  int64_t count = 0;
  for (const NamedTensor& named : script.Parameters()) count += named.tensor.numel();
  return count;
}

v1::Tensor ToTensor(const std::string& name, const at::Tensor& values) {
  const at::Tensor plain = values.contiguous();
  v1::Tensor tensor;
  tensor.set_name(name);
  tensor.set_data_type(v1::DATA_TYPE_FP32);
  for (const int64_t size : plain.sizes()) tensor.add_shape(size);
  tensor.set_data(plain.const_data_ptr(), plain.nbytes());
  return tensor;
}

absl::StatusOr<InspectedModule> Inspect(const std::string& path, v1::ModuleFormat format,
                                        const v1::ModuleHeader& header) {
  const LoadedModule loaded = LoadModule(path, format, /*thread_count=*/1);
  ASSIGN_OR_RETURN(const std::vector<int64_t> shape, InputShapeOf(header, loaded));
  const int64_t fixed = header.fixed_row_count();
  const at::Tensor rows = MakeRows(fixed > 0 ? fixed : kRowsTogether, shape);
  InspectedModule inspected;
  v1::Module& module = inspected.module;
  module.set_name(header.name());
  module.set_format(format);
  module.mutable_input_shape()->Assign(shape.begin(), shape.end());
  module.set_fixed_row_count(header.fixed_row_count());
  {
    const c10::InferenceMode inference;
    const at::Tensor answers = loaded.forward(rows.clone());
    if (!at::isfinite(answers).all().item<bool>()) {
      return absl::InvalidArgumentError(
          "the module: expected finite numbers for inputs from 0 to 1, got others");
    }
    if (fixed == 0) RETURN_IF_ERROR(CompareTogether(loaded, rows, answers));
    module.set_out_features(static_cast<int32_t>(answers.size(1)));
    *inspected.sample.mutable_input() = ToTensor("x", rows.narrow(0, 0, 1));
    *inspected.sample.mutable_logits() = ToTensor("logits", answers.narrow(0, 0, 1));
  }
  if (loaded.script == nullptr) {
    module.set_untrainable_reason("machine code has no parameters to train");
  } else if (fixed > 0) {
    module.set_untrainable_reason("it takes one number of rows only");
  } else {
    module.set_parameter_count(ParameterCount(*loaded.script));
    module.set_untrainable_reason(TryTraining(*loaded.script, rows));
  }
  return inspected;
}

}  // namespace

absl::StatusOr<InspectedModule> InspectModule(const std::string& path, v1::ModuleFormat format,
                                              const v1::ModuleHeader& header) {
  return CatchTorch([&] { return Inspect(path, format, header); });
}

}  // namespace traind
