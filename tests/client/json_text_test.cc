#include "client/trainctl/json_text.h"

#include <gtest/gtest.h>

#include "tests/client/run_events.h"

namespace traind {
namespace {

// Expected texts: the JSON mapping of protobuf's language guide.
TEST(JsonTextTest, LineHasTheProtosNamesAndItsZeros) {
  EXPECT_EQ(JsonLine(MessageEvent(3, "a \"b\"")),
            R"({"run_id":"s4-1","sequence":"3","attempt":0,)"
            R"("message":{"severity":"SEVERITY_UNSPECIFIED","text":"a \"b\""}})");
}

TEST(JsonTextTest, DocumentIsIndentedAndHasNoLineEnd) {
  v1::EpochStarted started;
  started.set_epoch(2);
  EXPECT_EQ(JsonDocument(started), "{\n \"epoch\": 2,\n \"step_count\": \"0\"\n}");
}

TEST(JsonTextTest, OptionalFieldThatIsAbsentIsLeftOut) {
  v1::RunError error;
  EXPECT_EQ(JsonLine(error), R"({"failure_class":"FAILURE_CLASS_UNSPECIFIED","message":""})");
  error.set_step(0);
  EXPECT_EQ(JsonLine(error),
            R"({"failure_class":"FAILURE_CLASS_UNSPECIFIED","message":"","step":"0"})");
}

}  // namespace
}  // namespace traind
