#include "server/serving/divided_executor_loader.h"

#include "tests/serving/serving_fakes.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

// Says which loader was asked.
class NamedLoader : public ExecutorLoader {
 public:
  explicit NamedLoader(std::string name) : name_(std::move(name)) {}
  absl::StatusOr<std::unique_ptr<Executor>> Load(const v1::ModelVersion& version,
                                                 const std::string& directory) override {
    return absl::DataLossError(name_);
  }

 private:
  const std::string name_;
};

v1::ModelVersion ModuleVersion() {
  v1::ModelVersion version = TwoClassVersion(1);
  version.mutable_recipe()->mutable_network()->mutable_module()->set_name("mine");
  return version;
}

TEST(DividedExecutorLoader, ModulesAreLoadedApart) {
  NamedLoader layers("layers");
  NamedLoader modules("modules");
  DividedExecutorLoader loader(layers, &modules);
  EXPECT_THAT(loader.Load(TwoClassVersion(1), ""), StatusIs(absl::StatusCode::kDataLoss, "layers"));
  EXPECT_THAT(loader.Load(ModuleVersion(), ""), StatusIs(absl::StatusCode::kDataLoss, "modules"));
}

TEST(DividedExecutorLoader, WithoutTheSwitchAModuleIsNotLoaded) {
  NamedLoader layers("layers");
  DividedExecutorLoader loader(layers, nullptr);
  EXPECT_THAT(loader.Load(ModuleVersion(), ""),
              StatusIs(absl::StatusCode::kFailedPrecondition, "--allow-modules"));
}

}  // namespace
}  // namespace traind
