#ifndef TRAIND_SERVER_TORCH_INFER_LOADED_MODULE_H_
#define TRAIND_SERVER_TORCH_INFER_LOADED_MODULE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "server/torch/nn/script_module.h"
#include "server/torch/torch_headers.h"
#include "traind/v1/module.pb.h"

namespace traind {

// A module of either kind on the CPU, ready to predict.
struct LoadedModule {
  // float32 rows to float32 [N, K], contiguous. Thread-safe. Throws ModuleError.
  std::function<at::Tensor(const at::Tensor& rows)> forward;
  // What its weights occupy; of a package, its file.
  int64_t memory_bytes = 0;
  // The shape of its rows that it tells, as ParseInputShape reads it; may be empty.
  std::string input_shape;
  // Of the kind that can be trained; else null.
  std::shared_ptr<const ScriptModule> script;
};

// Loads the file of a module, `thread_count` threads being about to call it at once. Code
// of the module runs from here on. Throws ModuleError.
LoadedModule LoadModule(const std::string& path, v1::ModuleFormat format, int thread_count);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_INFER_LOADED_MODULE_H_
