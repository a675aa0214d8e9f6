#include "server/torch/nn/script_module.h"

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/import.h>

#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/modules/module_header.h"
#include "server/torch/module_error.h"
#include "server/torch/random_generator.h"

namespace traind {
namespace {

// Lends the state of a generator to the device's default one while it lives. Throws
// c10::Error.
class LentGenerator {
 public:
  explicit LentGenerator(const at::Generator& own)
      : own_(own), standard_(at::globalContext().defaultGenerator(own.device())) {
    SetGeneratorState(standard_, GeneratorState(own_));
  }
  LentGenerator(const LentGenerator&) = delete;
  ~LentGenerator() {
    // Only a state of another size or device is refused, and this is the one from above.
    SetGeneratorState(own_, GeneratorState(standard_));
  }

 private:
  at::Generator own_;
  at::Generator standard_;
};

bool CanBeKept(at::ScalarType type) {
  return type == at::kFloat || type == at::kDouble || type == at::kLong || type == at::kByte;
}

}  // namespace

struct ScriptModule::Script {
  torch::jit::Module module;
  std::string input_shape;
  bool is_training = false;
  std::vector<NamedTensor> parameters;
  std::vector<NamedTensor> buffers;
};

std::unique_ptr<ScriptModule> ScriptModule::Load(const std::string& path, at::Device device) {
  try {
    torch::jit::ExtraFilesMap extra_files = {{kInputShapeKey, ""}};
    auto script = std::make_unique<Script>();
    script->module = torch::jit::load(path, device, extra_files);
    script->input_shape = extra_files[kInputShapeKey];
    return std::unique_ptr<ScriptModule>(new ScriptModule(std::move(script)));
  } catch (...) {
    RethrowAsModuleError();
  }
}

ScriptModule::ScriptModule(std::unique_ptr<Script> script) : script_(std::move(script)) {
  script_->module.train(false);
  std::set<const void*> seen;
  for (const auto& named : script_->module.named_parameters()) {
    if (!seen.insert(named.value.unsafeGetTensorImpl()).second) continue;
    std::vector<NamedTensor>& list =
        named.value.requires_grad() ? script_->parameters : script_->buffers;
    list.push_back({named.name, named.value});
  }
  for (const auto& named : script_->module.named_buffers()) {
    if (!seen.insert(named.value.unsafeGetTensorImpl()).second) continue;
    script_->buffers.push_back({named.name, named.value});
  }
}

ScriptModule::~ScriptModule() = default;

void ScriptModule::SetTraining(bool training) const {
  if (script_->is_training == training) return;
  script_->module.train(training);
  script_->is_training = training;
}

at::Tensor ScriptModule::Forward(const at::Tensor& input, const ForwardContext& context) const {
  try {
    SetTraining(context.training);
    const torch::jit::GraphOptimizerEnabledGuard plainly(false);
    std::optional<LentGenerator> lent;
    if (context.training && context.dropout.defined()) lent.emplace(context.dropout);
    const c10::IValue output = script_->module.forward({input});
    TORCH_CHECK(output.isTensor(), "expected its forward to return one tensor, got ",
                output.tagKind());
    const at::Tensor values = output.toTensor();
    TORCH_CHECK(values.dim() == 2 && values.size(0) == input.size(0),
                "expected its forward to return [", input.size(0), ", values] for ", input.sizes(),
                ", got ", values.sizes());
    TORCH_CHECK(values.is_floating_point(), "expected its forward to return numbers, got ",
                values.scalar_type());
    return values;
  } catch (...) {
    RethrowAsModuleError();
  }
}

std::vector<NamedTensor> ScriptModule::Parameters() const { return script_->parameters; }

std::vector<NamedTensor> ScriptModule::Buffers() const { return script_->buffers; }

std::string ScriptModule::StateTrouble() const {
  if (script_->parameters.empty()) return "it has no parameters that require gradients";
  std::map<const void*, std::string> owners;
  for (const std::vector<NamedTensor>* list : {&script_->parameters, &script_->buffers}) {
    for (const NamedTensor& named : *list) {
      if (list == &script_->parameters && named.tensor.scalar_type() != at::kFloat) {
        return absl::StrCat("parameter ", named.name, ": expected float32, got ",
                            c10::toString(named.tensor.scalar_type()));
      }
      if (!CanBeKept(named.tensor.scalar_type())) {
        return absl::StrCat("buffer ", named.name,
                            ": expected float32, float64, int64 or uint8, got ",
                            c10::toString(named.tensor.scalar_type()));
      }
      if (named.tensor.numel() == 0) continue;
      const auto [owner, is_new] = owners.emplace(named.tensor.const_data_ptr(), named.name);
      if (!is_new) {
        return absl::StrCat(owner->second, " and ", named.name, " share their memory");
      }
    }
  }
  return "";
}

int64_t ScriptModule::memory_bytes() const {
  int64_t bytes = 0;
  for (const std::vector<NamedTensor>* list : {&script_->parameters, &script_->buffers}) {
    for (const NamedTensor& named : *list) bytes += static_cast<int64_t>(named.tensor.nbytes());
  }
  return bytes;
}

std::string ScriptModule::ExtraFile(const std::string& name) const {
  return name == kInputShapeKey ? script_->input_shape : "";
}

std::string ScriptModule::Save() const {
  SetTraining(false);
  std::ostringstream file;
  script_->module.save(file);
  return std::move(file).str();
}

}  // namespace traind
