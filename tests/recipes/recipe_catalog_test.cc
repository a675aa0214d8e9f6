#include "server/recipes/recipe_catalog.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/recipes/recipe_fixture.h"

namespace traind {
namespace {

using testing::Key;
using testing::StartsWith;

class RecipeCatalogTest : public testing::Test {
 protected:
  RecipeCatalogTest() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = testing::TempDir() + "recipe_catalog_" + test->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~RecipeCatalogTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& file, const std::string& text) {
    std::ofstream(folder_ + "/" + file) << text;
  }

  std::string folder_;
};

TEST(ShippedRecipes, AreAllValid) {
  const absl::StatusOr<RecipeCatalog> catalog = RecipeCatalog::Load("recipes");
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  EXPECT_THAT(catalog->recipes(), testing::IsSupersetOf({Key("s4"), Key("s4-classic")}));
}

TEST_F(RecipeCatalogTest, KnowsRecipesByTheNamesOfTheirFiles) {
  Write("other.textproto", ShippedRecipeText("s4"));
  Write("notes.txt", "no recipe");
  const absl::StatusOr<RecipeCatalog> catalog = RecipeCatalog::Load(folder_);
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  EXPECT_THAT(catalog->recipes(), testing::ElementsAre(Key("other")));
  ASSERT_TRUE(catalog->Find("other").ok());
  EXPECT_EQ(catalog->Find("other")->name(), "s4");
}

TEST_F(RecipeCatalogTest, UnknownNameListsTheKnownOnes) {
  Write("b.textproto", ShippedRecipeText("s4"));
  Write("a.textproto", ShippedRecipeText("s4"));
  const absl::StatusOr<RecipeCatalog> catalog = RecipeCatalog::Load(folder_);
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  const absl::Status status = catalog->Find("s5").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(MessageOf(status), "no recipe `s5`; known recipes: a, b");
}

TEST_F(RecipeCatalogTest, MalformedFileIsNamedWithLineAndColumn) {
  Write("good.textproto", ShippedRecipeText("s4"));
  Write("bad.textproto", "name: \"bad\"\nepochs: 3\n");
  const absl::Status status = RecipeCatalog::Load(folder_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(MessageOf(status), StartsWith(folder_ + "/bad.textproto:2:1: "));
}

TEST_F(RecipeCatalogTest, InvalidRecipeIsNamedWithItsField) {
  Write("bad.textproto", "name: \"bad\"");
  EXPECT_EQ(
      MessageOf(RecipeCatalog::Load(folder_).status()),
      folder_ + "/bad.textproto: epoch_count: expected a whole number from 1 to 10000, got 0");
}

TEST_F(RecipeCatalogTest, FolderInPlaceOfAFileIsRefused) {
  std::filesystem::create_directory(folder_ + "/x.textproto");
  EXPECT_EQ(RecipeCatalog::Load(folder_).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(RecipeCatalogTest, AbsentFolderIsNotFound) {
  const absl::Status status = RecipeCatalog::Load(folder_ + "/absent").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(MessageOf(status), StartsWith("recipe folder " + folder_ + "/absent: "));
}

TEST(RecipeCatalog, EmptyOneKnowsNothing) {
  EXPECT_EQ(MessageOf(RecipeCatalog().Find("s4").status()), "no recipe `s4`; known recipes: none");
}

}  // namespace
}  // namespace traind
