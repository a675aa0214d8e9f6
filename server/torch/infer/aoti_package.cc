#include "server/torch/infer/aoti_package.h"

#include <dlfcn.h>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>

#include <unordered_map>
#include <vector>

#include "server/torch/module_error.h"

namespace traind {
namespace {

// By LibTorch.
constexpr char kDeviceKey[] = "AOTI_DEVICE_KEY";

// Packages link a library of this name, which is to be found where this program's are, and
// not on their own paths. Where it is not, the package's error says so.
void LoadLibtorch() {
  static void* const library = dlopen("libtorch.so", RTLD_NOW | RTLD_GLOBAL);
  static_cast<void>(library);
}

}  // namespace

struct AotiPackage::Loader {
  torch::inductor::AOTIModelPackageLoader loader;
  std::unordered_map<std::string, std::string> metadata;
};

AotiPackage::AotiPackage(const std::string& path, int runner_count)
    : loader_([&] {
        try {
          LoadLibtorch();
          auto loader = std::unique_ptr<Loader>(new Loader{
              torch::inductor::AOTIModelPackageLoader(path, "model", /*run_single_threaded=*/false,
                                                      static_cast<size_t>(runner_count)),
              {}});
          loader->metadata = loader->loader.get_metadata();
          const std::string device = loader->metadata[kDeviceKey];
          TORCH_CHECK(device == "cpu",
                      "expected a package that was compiled for the cpu, got one "
                      "for ",
                      device);
          return loader;
        } catch (...) {
          RethrowAsModuleError();
        }
      }()) {}

AotiPackage::~AotiPackage() = default;

at::Tensor AotiPackage::Run(const at::Tensor& rows) const {
  try {
    const std::vector<at::Tensor> outputs = loader_->loader.run({rows});
    TORCH_CHECK(outputs.size() == 1, "expected one output, got ", outputs.size());
    TORCH_CHECK(outputs[0].dim() == 2 && outputs[0].size(0) == rows.size(0), "expected [",
                rows.size(0), ", values] for ", rows.sizes(), ", got ", outputs[0].sizes());
    TORCH_CHECK(outputs[0].is_floating_point(), "expected numbers, got ", outputs[0].scalar_type());
    return outputs[0];
  } catch (...) {
    RethrowAsModuleError();
  }
}

std::string AotiPackage::Metadata(const std::string& name) const {
  const auto found = loader_->metadata.find(name);
  return found == loader_->metadata.end() ? "" : found->second;
}

}  // namespace traind
