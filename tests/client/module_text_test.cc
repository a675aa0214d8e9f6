#include "client/trainctl/module_text.h"

#include <google/protobuf/text_format.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::Module ModuleOf(const std::string& text) {
  v1::Module module;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &module)) << text;
  return module;
}

v1::Module Script() {
  return ModuleOf(
      "name: \"mine\" format: MODULE_FORMAT_TORCHSCRIPT input_shape: [1, 28, 28] out_features: 10 "
      "parameter_count: 970 size_bytes: 12345 sha256: \"0123456789abcdef\"");
}

TEST(ModuleText, APushIsToldInOneLine) {
  EXPECT_EQ(ModuleLine(Script()),
            "module mine: torchscript, [N, 1, 28, 28] to [N, 10], can be trained and served");
}

TEST(ModuleText, OneNumberOfRowsIsToldInTheShapes) {
  const v1::Module module = ModuleOf(
      "name: \"m\" format: MODULE_FORMAT_AOTINDUCTOR input_shape: 4 out_features: 3 "
      "fixed_row_count: 8 untrainable_reason: \"it is machine code\"");
  EXPECT_EQ(ModuleLine(module), "module m: aotinductor, [8, 4] to [8, 3], can be served");
  EXPECT_THAT(ModuleText(module), HasSubstr("no: it is machine code"));
}

TEST(ModuleText, ATableHasALineForEachAlsoForADamagedOne) {
  const std::string table = ModuleTable({ModuleOf("name: \"bad\""), Script()});
  EXPECT_THAT(table, HasSubstr("damaged"));
  EXPECT_THAT(table, HasSubstr("0123456789ab\n"));
}

TEST(ModuleText, SizesAreReadFromTheFlag) {
  EXPECT_THAT(*ParseSizes("1,28,28"), ElementsAre(1, 28, 28));
  for (const char* bad : {"", "1,,2", "0", "1x2"}) {
    EXPECT_THAT(std::string(ParseSizes(bad).status().message()), HasSubstr("such as 4 or 1,28,28"));
  }
}

}  // namespace
}  // namespace traind
