#include "server/torch/infer/loaded_module.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "server/modules/module_header.h"
#include "server/torch/infer/aoti_package.h"

namespace traind {
namespace {

at::Tensor AsAnswer(const at::Tensor& values) { return values.to(at::kFloat).contiguous(); }

LoadedModule OfScript(const std::string& path) {
  std::shared_ptr<const ScriptModule> script = ScriptModule::Load(path, at::kCPU);
  LoadedModule loaded;
  loaded.memory_bytes = script->memory_bytes();
  loaded.input_shape = script->ExtraFile(kInputShapeKey);
  loaded.forward = [script](const at::Tensor& rows) { return AsAnswer(script->Forward(rows, {})); };
  loaded.script = std::move(script);
  return loaded;
}

LoadedModule OfPackage(const std::string& path, int thread_count) {
  const auto package = std::make_shared<const AotiPackage>(path, thread_count);
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  LoadedModule loaded;
  loaded.memory_bytes = error ? 0 : static_cast<int64_t>(size);
  loaded.input_shape = package->Metadata(kInputShapeKey);
  loaded.forward = [package](const at::Tensor& rows) { return AsAnswer(package->Run(rows)); };
  return loaded;
}

}  // namespace

LoadedModule LoadModule(const std::string& path, v1::ModuleFormat format, int thread_count) {
  return format == v1::MODULE_FORMAT_AOTINDUCTOR ? OfPackage(path, thread_count) : OfScript(path);
}

}  // namespace traind
