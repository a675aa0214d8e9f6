#include "server/log_line.h"

#include <nlohmann/json.hpp>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace traind {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// What terminals, editors or log shippers may take for the end of a line, or obey:
// ASCII's controls, C1 controls (U+0085 is NEL, U+009B begins terminal commands)
// and Unicode's separators.
const char* const kControls[] = {"\n",   "\r",       "\x0b",        "\x0c",         "\x1b[2J",
                                 "\x7f", "\xc2\x85", "\xc2\x9b[2J", "\xe2\x80\xa8", "\xe2\x80\xa9"};

TEST(LogLineTest, TextHasTheMessageThenItsValues) {
  EXPECT_EQ(FormatTextLine("run changed state", {{"run", "s4-1"}, {"to", "running"}}),
            "run changed state run=s4-1 to=running");
}

TEST(LogLineTest, TextQuotesWhatWouldBreakTheLine) {
  EXPECT_EQ(FormatTextLine("call failed", {{"error", "no run\n\"s4\""}, {"peer", ""}}),
            "call failed error=\"no run\\n\\\"s4\\\"\" peer=\"\"");
}

TEST(LogLineTest, TextLeavesOtherLanguagesReadable) {
  EXPECT_EQ(FormatTextLine("run says", {{"text", "größer als…"}}), "run says text=\"größer als…\"");
}

TEST(LogLineTest, NoControlCharacterGetsIntoAText) {
  for (const char* control : kControls) {
    const std::string line = FormatTextLine(control, {{"error", control}});
    EXPECT_THAT(line, Not(HasSubstr(std::string(control).substr(0, 2)))) << line;
    EXPECT_THAT(line, HasSubstr("error=\"\\"));
  }
}

TEST(LogLineTest, NoControlCharacterGetsIntoJsonAndNoneIsLost) {
  for (const char* control : kControls) {
    const std::string line = FormatJsonLine("t", "info", "m", {{"error", control}});
    for (const unsigned char c : line) EXPECT_TRUE(c >= ' ' && c < 0x80) << line;
    EXPECT_EQ(nlohmann::json::parse(line)["error"], control);
  }
}

TEST(LogLineTest, JsonIsOneObjectWithTheValuesBesideTheMessage) {
  EXPECT_EQ(FormatJsonLine("2026-01-02T03:04:05Z", "info", "serving", {{"grpc", "127.0.0.1:1"}}),
            "{\"time\":\"2026-01-02T03:04:05Z\",\"level\":\"info\",\"message\":\"serving\","
            "\"grpc\":\"127.0.0.1:1\"}");
}

TEST(LogLineTest, JsonEscapesAndReplacesBytesThatAreNoUtf8) {
  EXPECT_EQ(FormatJsonLine("t", "info", "a\n\"b\"", {{"k", "\xff"}}),
            "{\"time\":\"t\",\"level\":\"info\",\"message\":\"a\\n\\\"b\\\"\","
            "\"k\":\"\\ufffd\"}");
}

TEST(LogLineTest, ALongValueIsCutAtACharacterAndTellsItsSize) {
  // 4095 bytes, then characters of three bytes each.
  std::string value(4095, 'x');
  for (int i = 0; i < 1000; ++i) value += "€";
  EXPECT_EQ(FormatTextLine("m", {{"v", value}}),
            "m v=\"" + std::string(4095, 'x') + "… (7095 bytes)\"");
  EXPECT_EQ(nlohmann::json::parse(FormatJsonLine("t", "info", "m", {{"v", value}}))["v"],
            std::string(4095, 'x') + "… (7095 bytes)");
}

}  // namespace
}  // namespace traind
