#include "server/rpc/request_id.h"

#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace traind {
namespace {

using ::testing::MatchesRegex;
using ::testing::SizeIs;

TEST(RequestIdTest, ASaneIdIsKept) {
  const std::string longest(128, 'x');
  for (const char* id :
       {"7f3a", "0b9f2c1e-58c4-4f0b-9d2e-111111111111", "a/b:c=d~e",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", longest.c_str()}) {
    EXPECT_EQ(ChooseRequestId(id), id);
  }
}

TEST(RequestIdTest, OthersAreReplacedByAFreshOne) {
  for (const std::string& id : {std::string(), std::string(129, 'x'), std::string("two words"),
                                std::string("a\nb"), std::string("a\"b"), std::string("a\\b"),
                                std::string("\x1b[2J"), std::string("ä"), std::string("a\0b", 3)}) {
    EXPECT_THAT(ChooseRequestId(id), MatchesRegex("[0-9a-f]{16}"));
  }
}

TEST(RequestIdTest, NoTwoFreshOnesAreAlike) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(ChooseRequestId(""));
  EXPECT_THAT(ids, SizeIs(1000));
}

}  // namespace
}  // namespace traind
