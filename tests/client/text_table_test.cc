#include "client/trainctl/text_table.h"

#include <gtest/gtest.h>

namespace traind {
namespace {

TEST(TextTableTest, ColumnsAreAsWideAsTheirWidestCell) {
  TextTable table({"RUN", "STATE"});
  table.AddRow({"s4-17", "RUNNING"});
  table.AddRow({"mlp-1", "SUCCEEDED"});
  EXPECT_EQ(table.Render(), "RUN     STATE\ns4-17   RUNNING\nmlp-1   SUCCEEDED\n");
}

TEST(TextTableTest, EmptyAndMissingCellsAreDashes) {
  TextTable table({"A", "B", "C"});
  table.AddRow({"", "x"});
  EXPECT_EQ(table.Render(), "A   B   C\n-   x   -\n");
}

TEST(TextTableTest, WidthsCountCharacters) {
  TextTable table({"A", "B"});
  table.AddRow({"é", "1"});
  EXPECT_EQ(table.Render("  "), "  A   B\n  é   1\n");
}

}  // namespace
}  // namespace traind
