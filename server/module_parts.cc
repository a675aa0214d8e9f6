#include "server/module_parts.h"

#include <utility>

namespace traind {

ModuleParts::ModuleParts(const ServerOptions& options, const Limits& limits, ModelStore& models,
                         const Clock& clock, StoredModulePublisher::OnPublished on_published)
    : directory(options.data_dir + "/modules", options.allow_modules),
      inspector(options.worker, limits.module_inspect_timeout),
      store(limits, directory, inspector),
      publisher(directory, models, clock, std::move(on_published)) {}

}  // namespace traind
