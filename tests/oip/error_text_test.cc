#include "server/oip/error_text.h"

#include <vector>

#include "gtest/gtest.h"

namespace traind {
namespace {

TEST(ErrorTextTest, ControlCharactersAreEscaped) {
  EXPECT_EQ(QuotedName("a\nb\x01"), "\"a\\nb\\x01\"");
}

TEST(ErrorTextTest, LongTextIsCutShort) {
  EXPECT_EQ(QuotedName(std::string(64, 'x')), "\"" + std::string(64, 'x') + "\"");
  EXPECT_EQ(QuotedName(std::string(65, 'x')), "\"" + std::string(64, 'x') + "\"...");
}

TEST(ErrorTextTest, ShapesAreCutShort) {
  EXPECT_EQ(TensorShapeText({}), "[]");
  EXPECT_EQ(TensorShapeText({1, 28, 28}), "[1, 28, 28]");
  EXPECT_EQ(TensorShapeText(std::vector<int64_t>(9, 7)), "[7, 7, 7, 7, 7, 7, 7, 7, ...]");
}

TEST(ErrorTextTest, AStreamsErrorBeginsWithItsCodeAndKeepsTheId) {
  const inference::ModelStreamInferResponse response =
      StreamErrorResponse(absl::NotFoundError("no model s9"), "r7");
  EXPECT_EQ(response.error_message(), "NOT_FOUND: no model s9");
  EXPECT_EQ(response.infer_response().id(), "r7");
}

TEST(ErrorTextTest, AnErrorWithoutWordsIsStillAnError) {
  EXPECT_EQ(StreamErrorResponse(absl::CancelledError(), "").error_message(), "CANCELLED: ");
}

}  // namespace
}  // namespace traind
