#ifndef TRAIND_SERVER_STORE_FILE_MODULE_STORE_H_
#define TRAIND_SERVER_STORE_FILE_MODULE_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/base/limits.h"
#include "server/modules/module_directory.h"
#include "server/modules/module_inspector.h"
#include "server/modules/module_store.h"

namespace traind {

// Modules as folders `<root>/<name>/` (docs/formats.md). What is being pushed lies in
// `<root>/.pushing/<number>/`. Never reads a module's code. Thread-safe.
class FileModuleStore : public ModuleStore {
 public:
  // Removes what an earlier server left of pushes and deletions. The root is where
  // `directory` reads; it is made by the first push if need be. The others must outlive
  // the store.
  FileModuleStore(const Limits& limits, const ModuleDirectory& directory,
                  ModuleInspector& inspector);

  absl::StatusOr<Begun> Begin(const v1::ModuleHeader& header) override;
  absl::StatusOr<int64_t> Delete(absl::string_view name) override;

 private:
  class Upload;

  // The module of this name, when the push would make the same; nothing when there is
  // none; ALREADY_EXISTS when it is another one.
  absl::StatusOr<std::optional<v1::Module>> FindSame(const v1::ModuleHeader& header) const;
  // Room for one more, which has this number; it is given back by Leave.
  absl::StatusOr<int64_t> Enter() ABSL_LOCKS_EXCLUDED(mutex_);
  void Leave() ABSL_LOCKS_EXCLUDED(mutex_);
  // Moves what the inspection has made to its place.
  absl::StatusOr<v1::Module> Publish(const std::string& push, const v1::ModuleHeader& header)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Constant after construction.
  const Limits limits_;
  const std::string pushing_;
  const std::string removing_;
  const ModuleDirectory& directory_;
  ModuleInspector& inspector_;

  absl::Mutex mutex_;
  int pushes_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_STORE_FILE_MODULE_STORE_H_
