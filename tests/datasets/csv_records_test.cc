// The grammar of RFC 4180, section 2, and what real files add to it.
#include "server/datasets/csv_records.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::ElementsAre;

// All records, each field in brackets.
std::vector<std::string> Read(absl::string_view text) {
  CsvRecords records(text, ',');
  std::vector<std::string> read;
  while (true) {
    const absl::StatusOr<bool> more = records.Next();
    EXPECT_OK(more);
    if (!more.ok() || !*more) return read;
    std::string& record = read.emplace_back();
    for (const std::string& field : records.fields()) record += "[" + field + "]";
  }
}

absl::Status FirstError(absl::string_view text) {
  CsvRecords records(text, ',');
  while (true) {
    const absl::StatusOr<bool> more = records.Next();
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
  }
}

TEST(CsvRecords, LinesEndWithLineFeedOrBothAndTheLastMayLackIt) {
  EXPECT_THAT(Read("a,b\nc,d\r\ne,f"), ElementsAre("[a][b]", "[c][d]", "[e][f]"));
  EXPECT_THAT(Read("a,b\r\n"), ElementsAre("[a][b]"));
}

TEST(CsvRecords, QuotesKeepSeparatorsLineEndsAndQuotes) {
  EXPECT_THAT(Read("\"a,b\",\"c\nd\",\"say \"\"e\"\"\"\n"), ElementsAre("[a,b][c\nd][say \"e\"]"));
}

TEST(CsvRecords, FieldsMayBeEmptyAndKeepTheirBlanks) {
  EXPECT_THAT(Read(",\n a ,\"\"\n"), ElementsAre("[][]", "[ a ][]"));
}

TEST(CsvRecords, EmptyLinesAndAByteOrderMarkArePassedOver) {
  EXPECT_THAT(Read("\xef\xbb\xbf"
                   "a\n\n\r\nb\n\n"),
              ElementsAre("[a]", "[b]"));
}

TEST(CsvRecords, ARecordKnowsTheLineInWhichItBegins) {
  CsvRecords records("h\n\"a\nb\"\nc\n", ',');
  std::vector<int64_t> lines;
  while (*records.Next()) lines.push_back(records.line());
  EXPECT_THAT(lines, ElementsAre(1, 2, 4));
}

TEST(CsvRecords, AQuoteInTheWrongPlaceIsAnErrorWithItsLine) {
  EXPECT_THAT(FirstError("a\nb\"c\n"),
              StatusIs(absl::StatusCode::kInvalidArgument, "line 2: field 1: expected no quote"));
  EXPECT_THAT(FirstError("a\n\"b\"c\n"), StatusIs(absl::StatusCode::kInvalidArgument,
                                                  "line 2: field 1: expected a separator"));
}

TEST(CsvRecords, AQuoteThatIsNotClosedIsToldWithTheLineWhereItBegins) {
  EXPECT_THAT(FirstError("a,b\nc,\"d\ne\nf\n"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "line 2: field 2: expected a closing quote, got the end of the file"));
}

TEST(CsvRecords, ANulByteIsNoText) {
  EXPECT_THAT(FirstError(absl::string_view("a\n\0\n", 4)),
              StatusIs(absl::StatusCode::kInvalidArgument, "line 2: expected text, got a NUL"));
}

TEST(CsvRecords, TheSeparatorIsWhatTheFirstLineHasMostOf) {
  EXPECT_EQ(CsvRecords::SeparatorOf("a,b\n;;;"), ',');
  EXPECT_EQ(CsvRecords::SeparatorOf("a;b;c\n1,5;2;3"), ';');
  EXPECT_EQ(CsvRecords::SeparatorOf("a\tb\n"), '\t');
  EXPECT_EQ(CsvRecords::SeparatorOf("\"x;y;z\",b\n"), ',');
  EXPECT_EQ(CsvRecords::SeparatorOf("alone"), ',');
}

}  // namespace
}  // namespace traind
