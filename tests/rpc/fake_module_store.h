#ifndef TRAIND_TESTS_RPC_FAKE_MODULE_STORE_H_
#define TRAIND_TESTS_RPC_FAKE_MODULE_STORE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "server/modules/module_publisher.h"
#include "server/modules/module_store.h"

namespace traind {

// Keeps the bytes of pushes, and makes a module of each name without reading them; one of
// the name `known` is there already. Thread-safe.
class FakeModuleStore : public ModuleStore {
 public:
  absl::StatusOr<Begun> Begin(const v1::ModuleHeader& header) override {
    Begun begun;
    if (header.name() == "known") {
      begun.module.emplace().set_name("known");
    } else {
      begun.upload = std::make_unique<Upload>(*this, header.name());
    }
    return begun;
  }

  absl::StatusOr<int64_t> Delete(absl::string_view name) override { return 4096; }

  std::string bytes() const {
    absl::MutexLock lock(&mutex_);
    return bytes_;
  }

 private:
  class Upload : public ModuleUpload {
   public:
    Upload(FakeModuleStore& store, std::string name) : store_(store), name_(std::move(name)) {}
    absl::Status Append(absl::string_view bytes) override {
      absl::MutexLock lock(&store_.mutex_);
      absl::StrAppend(&store_.bytes_, bytes);
      return absl::OkStatus();
    }
    absl::StatusOr<v1::Module> Finish() override {
      v1::Module module;
      module.set_name(name_);
      return module;
    }

   private:
    FakeModuleStore& store_;
    const std::string name_;
  };

  mutable absl::Mutex mutex_;
  std::string bytes_ ABSL_GUARDED_BY(mutex_);
};

// Answers with version 1 of the model that was asked for.
class FakeModulePublisher : public ModulePublisher {
 public:
  absl::StatusOr<v1::ModelVersion> Publish(const v1::PublishModuleRequest& request) override {
    v1::ModelVersion version;
    version.set_model(request.model());
    version.set_version(1);
    return version;
  }
};

}  // namespace traind

#endif  // TRAIND_TESTS_RPC_FAKE_MODULE_STORE_H_
