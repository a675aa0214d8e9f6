#ifndef TRAIND_SERVER_TORCH_INFER_MODULE_INSPECTION_H_
#define TRAIND_SERVER_TORCH_INFER_MODULE_INSPECTION_H_

#include <string>

#include "absl/status/statusor.h"
#include "traind/v1/model.pb.h"
#include "traind/v1/module.pb.h"
#include "traind/v1/module_service.pb.h"

namespace traind {

// What trying a module has shown.
struct InspectedModule {
  // Without its hash, size and time.
  v1::Module module;
  // A row and what it answered.
  v1::ModelSample sample;
};

// Loads the module of this format and runs it on a few rows of the shape that the header
// gives or, without one, the file: alone and together, which must give the same answers,
// then backwards as a training would. INVALID_ARGUMENT says what is wrong with it. Code of
// the module runs in this process. Never throws.
absl::StatusOr<InspectedModule> InspectModule(const std::string& path, v1::ModuleFormat format,
                                              const v1::ModuleHeader& header);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_INFER_MODULE_INSPECTION_H_
