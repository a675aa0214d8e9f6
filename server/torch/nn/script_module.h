#ifndef TRAIND_SERVER_TORCH_NN_SCRIPT_MODULE_H_
#define TRAIND_SERVER_TORCH_NN_SCRIPT_MODULE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "server/torch/nn/layer.h"

namespace traind {

// A TorchScript module as a layer: code that a user has brought, run by LibTorch's
// interpreter without its optimiser, so that each call computes alike. Its faults are
// ModuleErrors.
//
// In training the layers of a module draw from LibTorch's default generator of the device;
// for each pass that gets the state of the context's generator, and gives it back.
class ScriptModule : public Layer {
 public:
  // Reads a file that FormatOfModule has judged. Its parameters and buffers lie on the
  // device. Throws ModuleError for code that LibTorch cannot read.
  static std::unique_ptr<ScriptModule> Load(const std::string& path, at::Device device);
  ~ScriptModule() override;

  // Rows to [N, K] of floating point.
  at::Tensor Forward(const at::Tensor& input, const ForwardContext& context) const override;

  // Those that require gradients; each once, by the first of its names, as Python has it:
  // `body.0.weight`.
  std::vector<NamedTensor> Parameters() const override;
  // The others, and what the module registers as buffers.
  std::vector<NamedTensor> Buffers() const override;

  // Why a training cannot keep its state, for people; empty when it can.
  std::string StateTrouble() const;

  // Of all tensors.
  int64_t memory_bytes() const;

  // What the archive has beside the module under this name; empty: nothing.
  std::string ExtraFile(const std::string& name) const;

  // The module as a TorchScript file, in evaluation mode, with its present weights. Throws
  // c10::Error.
  std::string Save() const;

 private:
  struct Script;  // LibTorch's, kept out of this header: it takes long to read
  explicit ScriptModule(std::unique_ptr<Script> script);
  void SetTraining(bool training) const;

  const std::unique_ptr<Script> script_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_NN_SCRIPT_MODULE_H_
