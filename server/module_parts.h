#ifndef TRAIND_SERVER_MODULE_PARTS_H_
#define TRAIND_SERVER_MODULE_PARTS_H_

#include "server/base/clock.h"
#include "server/base/limits.h"
#include "server/modules/module_directory.h"
#include "server/options.h"
#include "server/serving/model_store.h"
#include "server/store/file_module_store.h"
#include "server/stored_module_publisher.h"
#include "server/workers/inspect_process.h"

namespace traind {

// What a server keeps modules with, put together. In order of construction: each uses those
// above it. Thread-safe, as they are.
struct ModuleParts {
  // The others must outlive it.
  ModuleParts(const ServerOptions& options, const Limits& limits, ModelStore& models,
              const Clock& clock, StoredModulePublisher::OnPublished on_published);

  ModuleDirectory directory;
  InspectProcess inspector;
  FileModuleStore store;
  StoredModulePublisher publisher;
};

}  // namespace traind

#endif  // TRAIND_SERVER_MODULE_PARTS_H_
