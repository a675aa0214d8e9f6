#include "client/trainctl/index_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(IndexListTest, ReadsOneRowAListAndARange) {
  EXPECT_THAT(*ParseIndexList("3", 10), ElementsAre(3));
  EXPECT_THAT(*ParseIndexList("1,5,7", 10), ElementsAre(1, 5, 7));
  EXPECT_THAT(*ParseIndexList("0..3", 10), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(*ParseIndexList("9,0..1", 10), ElementsAre(9, 0, 1));
}

TEST(IndexListTest, RefusesWhatIsNoRow) {
  for (const char* text : {"", "x", "-1", "3..1", "1,", "1..", "..1", "1...3", "0-9",
                           "9223372036854775807", "99999999999999999999"}) {
    const absl::Status status = ParseIndexList(text, 10).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("expected rows such as")) << text;
  }
}

TEST(IndexListTest, RefusesMoreRowsThanAllowed) {
  EXPECT_TRUE(ParseIndexList("0..9", 10).ok());
  EXPECT_THAT(std::string(ParseIndexList("0..10", 10).status().message()),
              HasSubstr("at most 10 rows"));
  EXPECT_FALSE(ParseIndexList("0..8,1,2", 10).ok());
  EXPECT_FALSE(ParseIndexList("0..9223372036854775806", 10).ok());
}

}  // namespace
}  // namespace traind
