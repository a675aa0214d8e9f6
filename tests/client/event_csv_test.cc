#include "client/trainctl/event_csv.h"

#include <gtest/gtest.h>

#include <limits>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/client/run_events.h"

namespace traind {
namespace {

constexpr char kHeader[] =
    "sequence,time,attempt,kind,epoch,step,loss,learning_rate,step_count,last_loss,train_loss,"
    "train_correct_count,train_sample_count,train_seconds,eval_loss,eval_correct_count,"
    "eval_sample_count,eval_seconds,data_wait_seconds,text";

class EventCsvTest : public testing::Test {
 protected:
  // The row of an event, without its line end.
  std::string Row(const v1::Event& event) {
    out_.str("");
    csv_.OnEvent(event);
    std::string row = out_.str();
    EXPECT_EQ(row.back(), '\n');
    row.pop_back();
    return row;
  }

  // Cells of a row that has no quotes.
  std::vector<std::string> Cells(const v1::Event& event) { return absl::StrSplit(Row(event), ','); }

  std::ostringstream out_;
  EventCsv csv_{out_};
};

TEST_F(EventCsvTest, HeaderNamesTheFieldsOfTheProto) {
  EXPECT_EQ(out_.str(), absl::StrCat(kHeader, "\n"));
}

TEST_F(EventCsvTest, StepFillsItsOwnColumns) {
  v1::Event event;
  event.set_sequence(17);
  event.set_attempt(2);
  event.mutable_time()->set_seconds(1'700'000'000);
  event.mutable_time()->set_nanos(250'000'000);
  event.mutable_train_step()->set_step(100);
  event.mutable_train_step()->set_epoch(1);
  event.mutable_train_step()->set_loss(0.5f);
  event.mutable_train_step()->set_learning_rate(0.05);
  EXPECT_EQ(Row(event), "17,2023-11-14T22:13:20.250Z,2,train_step,1,100,0.5,0.05,,,,,,,,,,,,");
}

TEST_F(EventCsvTest, EpochHasItsZeros) {
  v1::EpochFinished finished = FinishedEpoch(3, 0.25f, 938, 20.5, 0.0772, 0);
  finished.set_step(2814);
  EXPECT_EQ(Row(EpochEvent(9, finished)),
            "9,1970-01-01T00:00:00Z,0,epoch_finished,3,2814,,,938,0.25,0,0,0,20.5,0.0772,0,10000,"
            "0,0,");
}

TEST_F(EventCsvTest, OtherKindsFillWhatTheyHave) {
  EXPECT_EQ(Row(EpochStartedEvent(1, 2)),
            "1,1970-01-01T00:00:00Z,0,epoch_started,2,,,,938,,,,,,,,,,,");
  EXPECT_EQ(Row(SucceededEvent(2)),
            "2,1970-01-01T00:00:00Z,0,state_changed,,,,,,,,,,,,,,,,SUCCEEDED");
}

// Python prints the double 0.1 + 0.2 as below, and numpy the float32 nearest to
// 0.04502683877944946 (PyTorch logged it) as 0.04502684.
TEST_F(EventCsvTest, FloatsAreTheShortestThatReadBackTheSame) {
  v1::Event event;
  event.mutable_train_step()->set_loss(0.04502683877944946f);
  event.mutable_train_step()->set_learning_rate(0.1 + 0.2);
  const std::vector<std::string> cells = Cells(event);
  EXPECT_EQ(cells[6], "0.04502684");
  EXPECT_EQ(std::stof(cells[6]), 0.04502683877944946f);
  EXPECT_EQ(cells[7], "0.30000000000000004");
}

TEST_F(EventCsvTest, LossThatIsNoNumberIsSaidAsPythonReadsIt) {
  v1::Event event;
  event.mutable_train_step()->set_loss(-std::numeric_limits<float>::quiet_NaN());
  event.mutable_train_step()->set_learning_rate(std::numeric_limits<double>::infinity());
  EXPECT_EQ(Cells(event)[6], "nan");
  EXPECT_EQ(Cells(event)[7], "inf");
}

// RFC 4180, section 2, rules 5 to 7.
TEST_F(EventCsvTest, TextIsQuotedOnlyWhereItMustBe) {
  EXPECT_EQ(CsvCell("plain text"), "plain text");
  EXPECT_EQ(CsvCell("a,b"), "\"a,b\"");
  EXPECT_EQ(CsvCell("say \"b\""), "\"say \"\"b\"\"\"");
  EXPECT_EQ(CsvCell("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(Row(MessageEvent(5, "a, \"b\"")),
            "5,1970-01-01T00:00:00Z,0,message,,,,,,,,,,,,,,,,\"a, \"\"b\"\"\"");
}

}  // namespace
}  // namespace traind
