#include "server/modules/module_directory.h"

#include "server/modules/module_files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ModuleDirectoryTest : public testing::Test {
 protected:
  void Write(const std::string& name, const std::string& description) {
    WriteFile(modules_.Folder(name) + "/" + kModuleDescriptionFile, description);
  }

  const TempDirectory directory_;
  const ModuleDirectory modules_{directory_.path(), true};
};

TEST_F(ModuleDirectoryTest, AModuleIsDescribedByItsFile) {
  Write("mine", "name: \"mine\" out_features: 3");
  const absl::StatusOr<v1::Module> module = modules_.Describe("mine");
  ASSERT_OK(module);
  EXPECT_EQ(module->out_features(), 3);
}

TEST_F(ModuleDirectoryTest, AnUnknownNameIsAnsweredWithTheKnownOnes) {
  Write("b", "name: \"b\"");
  Write("a", "name: \"a\"");
  EXPECT_THAT(modules_.Describe("c"), StatusIs(absl::StatusCode::kNotFound, "modules: a, b;"));
}

TEST_F(ModuleDirectoryTest, ANameNeverLeadsOutOfTheFolder) {
  EXPECT_THAT(modules_.Describe("../a"), StatusIs(absl::StatusCode::kInvalidArgument, "`../a`"));
}

TEST_F(ModuleDirectoryTest, ADamagedDescriptionIsDataLoss) {
  Write("mine", "out_features: many");
  EXPECT_THAT(modules_.Describe("mine"), StatusIs(absl::StatusCode::kDataLoss, "mine"));
}

TEST_F(ModuleDirectoryTest, WhatIsHiddenIsNotListed) {
  Write("b", "");
  Write("a", "");
  Write(".pushing", "");
  EXPECT_THAT(modules_.List(), ElementsAre("a", "b"));
  EXPECT_THAT(ModuleDirectory(directory_.Path("none"), true).List(), IsEmpty());
}

TEST_F(ModuleDirectoryTest, TheOperatorIsToldHowToAllowModules) {
  EXPECT_OK(modules_.CheckAllowed());
  EXPECT_THAT(ModuleDirectory("", false).CheckAllowed(),
              StatusIs(absl::StatusCode::kFailedPrecondition, "--allow-modules"));
}

}  // namespace
}  // namespace traind
