#include "server/modules/module_recipe.h"

#include "server/modules/module_files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

// A recipe for the module `mine`, which takes 4 numbers and gives 3.
class ModuleRecipeTest : public testing::Test {
 protected:
  ModuleRecipeTest() {
    recipe_.mutable_network()->mutable_input()->set_features(4);
    recipe_.mutable_network()->mutable_module()->set_name("mine");
    recipe_.mutable_network()->mutable_module()->set_out_features(3);
    Describe("");
  }

  void Describe(const std::string& more) {
    WriteFile(modules_.Folder("mine") + "/" + kModuleDescriptionFile,
              "name: \"mine\" sha256: \"abc\" input_shape: 4 out_features: 3 "
              "parameter_count: 42 " +
                  more);
  }

  const TempDirectory directory_;
  const ModuleDirectory modules_{directory_.path(), true};
  v1::Recipe recipe_;
};

TEST_F(ModuleRecipeTest, TheRecipeOfARunHasTheHashOfItsModule) {
  ASSERT_OK(ResolveModule(modules_, recipe_));
  EXPECT_EQ(recipe_.network().module().sha256(), "abc");
  EXPECT_EQ(recipe_.network().module().parameter_count(), 42);
}

TEST_F(ModuleRecipeTest, AnotherModuleOfTheNameIsNotTaken) {
  recipe_.mutable_network()->mutable_module()->set_sha256("def");
  EXPECT_THAT(ResolveModule(modules_, recipe_),
              StatusIs(absl::StatusCode::kFailedPrecondition, "network.module.sha256"));
}

TEST_F(ModuleRecipeTest, WithoutTheSwitchThereIsNoRun) {
  EXPECT_THAT(ResolveModule(ModuleDirectory(directory_.path(), false), recipe_),
              StatusIs(absl::StatusCode::kFailedPrecondition, "--allow-modules"));
}

TEST_F(ModuleRecipeTest, LayersNeedNoSwitch) {
  recipe_.mutable_network()->clear_module();
  EXPECT_OK(ResolveModule(ModuleDirectory(directory_.path(), false), recipe_));
}

TEST_F(ModuleRecipeTest, ShapesThatDoNotFitAreToldByField) {
  recipe_.mutable_network()->mutable_input()->set_features(5);
  EXPECT_THAT(ResolveModule(modules_, recipe_),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "network.input: expected that of module mine, [4], got [5]"));
  recipe_.mutable_network()->mutable_input()->set_features(4);
  recipe_.mutable_network()->mutable_module()->set_out_features(2);
  EXPECT_THAT(ResolveModule(modules_, recipe_),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "network.module.out_features: expected that of module mine, 3, got 2"));
}

TEST_F(ModuleRecipeTest, AModuleThatCannotBeTrainedSaysWhy) {
  Describe("untrainable_reason: \"it is machine code\"");
  EXPECT_THAT(ResolveModule(modules_, recipe_),
              StatusIs(absl::StatusCode::kInvalidArgument, "mine: it is machine code"));
}

TEST_F(ModuleRecipeTest, AVersionOfAModuleHasALossThatGoesWithItsOutputs) {
  const v1::Module module = *modules_.Describe("mine");
  EXPECT_TRUE(RecipeOfModule(module, "m", v1::MODULE_OUTPUTS_CLASSES).loss().has_cross_entropy());
  EXPECT_TRUE(
      RecipeOfModule(module, "m", v1::MODULE_OUTPUTS_LOG_ODDS).loss().has_binary_cross_entropy());
  const v1::Recipe values = RecipeOfModule(module, "m", v1::MODULE_OUTPUTS_VALUES);
  EXPECT_TRUE(values.loss().has_mean_squared_error());
  EXPECT_EQ(values.network().input().features(), 4);
  EXPECT_EQ(values.network().module().out_features(), 3);
}

}  // namespace
}  // namespace traind
