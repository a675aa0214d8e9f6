#include "server/modules/module_header.h"

#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using testing::ElementsAre;

v1::ModuleHeader GoodHeader() {
  v1::ModuleHeader header;
  header.set_name("mine");
  header.set_sha256(std::string(64, 'a'));
  header.set_size_bytes(1);
  return header;
}

TEST(ModuleHeader, EachFieldIsCheckedBeforeAByteComes) {
  EXPECT_OK(CheckModuleHeader(GoodHeader(), Limits()));
  const auto expect = [](const char* text, const auto& change) {
    v1::ModuleHeader header = GoodHeader();
    change(header);
    EXPECT_THAT(CheckModuleHeader(header, Limits()),
                StatusIs(absl::StatusCode::kInvalidArgument, text));
  };
  expect("module name", [](v1::ModuleHeader& header) { header.set_name("a/b"); });
  expect("sha256", [](v1::ModuleHeader& header) { header.set_sha256("AB"); });
  expect("size_bytes", [](v1::ModuleHeader& header) { header.set_size_bytes(-1); });
  expect("fixed_row_count", [](v1::ModuleHeader& header) { header.set_fixed_row_count(5000); });
  expect("4 sizes", [](v1::ModuleHeader& header) {
    for (int i = 0; i < 4; ++i) header.add_input_shape(1);
  });
  expect("got 3,0", [](v1::ModuleHeader& header) {
    header.add_input_shape(3);
    header.add_input_shape(0);
  });
}

TEST(ModuleHeader, ALargeFileIsRefusedByTheNameOfItsBound) {
  v1::ModuleHeader header = GoodHeader();
  header.set_size_bytes(Limits().module_bytes_max + 1);
  EXPECT_THAT(CheckModuleHeader(header, Limits()),
              StatusIs(absl::StatusCode::kResourceExhausted, "module_bytes_max"));
}

TEST(ModuleHeader, ShapesAreReadFromText) {
  const auto shape = ParseInputShape(" 1,28,28\n");
  ASSERT_OK(shape);
  EXPECT_THAT(*shape, ElementsAre(1, 28, 28));
  EXPECT_THAT(ParseInputShape("1x28"), StatusIs(absl::StatusCode::kInvalidArgument, "1x28"));
}

TEST(ModuleHeader, ShapesAreThoseOfRecipes) {
  EXPECT_EQ(ToInputShape({4}).features(), 4);
  EXPECT_EQ(ToInputShape({2, 9}).length(), 9);
  EXPECT_EQ(ToInputShape({3, 32, 16}).width(), 16);
}

}  // namespace
}  // namespace traind
