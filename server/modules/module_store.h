#ifndef TRAIND_SERVER_MODULES_MODULE_STORE_H_
#define TRAIND_SERVER_MODULES_MODULE_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "traind/v1/module.pb.h"
#include "traind/v1/module_service.pb.h"

namespace traind {

// A module on its way. Goes without a trace unless it was finished. Of one thread at a
// time; calls block on the disk.
class ModuleUpload {
 public:
  virtual ~ModuleUpload() = default;

  // The next bytes. INVALID_ARGUMENT for more than were announced, or too many at once.
  virtual absl::Status Append(absl::string_view bytes) = 0;

  // Has the module tried, which may take minutes, and puts it in its place. Codes as of
  // PushModule.
  virtual absl::StatusOr<v1::Module> Finish() = 0;
};

// Keeps modules. What a call has answered is durable. Thread-safe; calls block on the disk.
// Codes as in module_service.proto.
class ModuleStore {
 public:
  virtual ~ModuleStore() = default;

  // One of the two: a module that is there already, or where to put its bytes.
  struct Begun {
    std::optional<v1::Module> module;
    std::unique_ptr<ModuleUpload> upload;
  };
  // The upload must not outlive the store.
  virtual absl::StatusOr<Begun> Begin(const v1::ModuleHeader& header) = 0;

  // Returns what its files occupied.
  virtual absl::StatusOr<int64_t> Delete(absl::string_view name) = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_MODULES_MODULE_STORE_H_
