#include "server/datasets/csv_dataset.h"

#include <google/protobuf/text_format.h>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/datasets/dataset_files.h"
#include "tests/datasets/idx_fixture.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::ElementsAre;

constexpr int64_t kValuesMax = 1000;

class CsvDatasetTest : public FolderTest {
 protected:
  // Reads a table with this source, as text proto.
  absl::StatusOr<DatasetContent> Read(const std::string& table, const std::string& source) {
    return ReadFiles({{"data.csv", Write("data.csv", table)}}, source);
  }

  absl::StatusOr<DatasetContent> ReadFiles(const std::vector<InputFile>& files,
                                           const std::string& text) {
    v1::DatasetSource source;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &source));
    return ReadCsvDataset(files, source, values_max_);
  }

  // One split with all rows.
  static std::string Whole(const std::string& more) {
    return "splits { name: 'all' fraction: 1 } " + more;
  }

  int64_t values_max_ = kValuesMax;
};

TEST_F(CsvDatasetTest, NumbersAreFeaturesInTheirOrderAndTheLabelIsAClass) {
  const auto content =
      Read("width,kind,height\n1.5,b,2\n3,a,-4e1\n", Whole("label_column: 'kind'"));
  ASSERT_OK(content);
  const Split& split = content->splits.at("all");
  EXPECT_THAT(split.shape.row_shape, ElementsAre(2));
  EXPECT_EQ(split.shape.element_type, ElementType::kFloat64);
  EXPECT_THAT(ValuesOf<double>(split), ElementsAre(1.5, 2, 3, -40));
  EXPECT_THAT(split.labels, ElementsAre(1, 0));
  EXPECT_THAT(content->class_names, ElementsAre("a", "b"));
  EXPECT_THAT(content->feature_names, ElementsAre("width", "height"));
}

TEST_F(CsvDatasetTest, ClassesThatAreNumbersAreInTheirOrder) {
  const auto content = Read("x,y\n1,10\n2,9\n3,-1\n", Whole("label_column: 'y'"));
  ASSERT_OK(content);
  EXPECT_THAT(content->class_names, ElementsAre("-1", "9", "10"));
  EXPECT_THAT(content->splits.at("all").labels, ElementsAre(2, 1, 0));
}

TEST_F(CsvDatasetTest, TargetColumnsAreNumbersToPredict) {
  const auto content = Read("a,x,b\n1,2,3\n4,5,6\n", Whole("target_columns: ['b', 'a']"));
  ASSERT_OK(content);
  const Split& split = content->splits.at("all");
  EXPECT_EQ(split.shape.target_count, 2);
  EXPECT_THAT(split.targets, ElementsAre(1, 3, 4, 6));
  EXPECT_THAT(content->target_names, ElementsAre("a", "b"));
  EXPECT_THAT(ValuesOf<double>(split), ElementsAre(2, 5));
}

TEST_F(CsvDatasetTest, EachWordOfACategoryIsAFeature) {
  const auto content = Read("colour,x,y\nred,1,a\nblue,2,b\nred,3,a\n",
                            Whole("label_column: 'y' category_columns: 'colour'"));
  ASSERT_OK(content);
  EXPECT_THAT(content->feature_names, ElementsAre("colour=blue", "colour=red", "x"));
  EXPECT_THAT(ValuesOf<double>(content->splits.at("all")), ElementsAre(0, 1, 1, 1, 0, 2, 0, 1, 3));
}

TEST_F(CsvDatasetTest, IgnoredColumnsMayHoldAnything) {
  const auto content =
      Read("id,x,y\n,1,a\nabc,2,b\n", Whole("label_column: 'y' ignored_columns: 'id'"));
  ASSERT_OK(content);
  EXPECT_THAT(content->feature_names, ElementsAre("x"));
}

TEST_F(CsvDatasetTest, AWrongLabelColumnIsToldWithTheColumnsThatThereAre) {
  EXPECT_THAT(Read("width,height,species\n1,2,a\n", "label_column: 'specis'"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "data.csv: label_column: expected one of the columns `width`, `height`, "
                       "`species`, got `specis`"));
}

TEST_F(CsvDatasetTest, NoLabelColumnIsToldWithTheColumnsThatThereAre) {
  EXPECT_THAT(Read("width,species\n1,a\n", ""),
              StatusIs(absl::StatusCode::kInvalidArgument, "the columns are `width`, `species`"));
}

TEST_F(CsvDatasetTest, ATextInANumberColumnIsToldWithLineAndColumn) {
  EXPECT_THAT(Read("age,y\n31,a\nabout 40,b\n", "label_column: 'y'"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "data.csv: line 3: column `age`: expected a number, got `about 40`"));
}

TEST_F(CsvDatasetTest, InfinityIsNoNumberToTrainOn) {
  EXPECT_THAT(
      Read("age,y\ninf,a\n", "label_column: 'y'"),
      StatusIs(absl::StatusCode::kInvalidArgument, "line 2: column `age`: expected a finite"));
}

TEST_F(CsvDatasetTest, ALineWithTooFewFieldsIsToldWithItsNumber) {
  EXPECT_THAT(Read("a,b,y\n1,2,k\n3,k\n", "label_column: 'y'"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "data.csv: line 3: expected 3 fields as in the header, got 2"));
}

TEST_F(CsvDatasetTest, AMissingValueIsRefusedUnlessTheSourceSaysOtherwise) {
  for (const char* missing : {"", " ", "NA", "n/a", "nan", "NULL", "?"}) {
    EXPECT_THAT(Read(absl::StrCat("x,y\n1,a\n", missing, ",b\n"), "label_column: 'y'"),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         "line 3: column `x`: expected a value, got none"))
        << missing;
  }
}

TEST_F(CsvDatasetTest, RowsThatLackAValueCanBeDropped) {
  const auto content = Read("x,y\n1,a\n?,b\n3,\n4,b\n",
                            Whole("label_column: 'y' missing_values: MISSING_VALUES_DROP_ROW"));
  ASSERT_OK(content);
  EXPECT_THAT(ValuesOf<double>(content->splits.at("all")), ElementsAre(1, 4));
}

TEST_F(CsvDatasetTest, AMissingNumberCanBeTheMeanOfTheFirstSplit) {
  const auto content = ReadFiles({{"test.csv", Write("test.csv", "x,y\n,a\n")},
                                  {"train.csv", Write("train.csv", "x,y\n2,a\n,b\n6,b\n")}},
                                 "label_column: 'y' missing_values: MISSING_VALUES_MEAN");
  ASSERT_OK(content);
  EXPECT_THAT(ValuesOf<double>(content->splits.at("train")), ElementsAre(2, 4, 6));
  EXPECT_THAT(ValuesOf<double>(content->splits.at("test")), ElementsAre(4));
}

TEST_F(CsvDatasetTest, AMissingCategoryHasAWordOfItsOwn) {
  const auto content = Read("c,y\nred,a\n,b\n", Whole("label_column: 'y' category_columns: 'c' "
                                                      "missing_values: MISSING_VALUES_MEAN"));
  ASSERT_OK(content);
  EXPECT_THAT(content->feature_names, ElementsAre("c=red", "c="));
  EXPECT_THAT(ValuesOf<double>(content->splits.at("all")), ElementsAre(1, 0, 0, 1));
}

TEST_F(CsvDatasetTest, AMissingLabelIsNeverFilledIn) {
  EXPECT_THAT(Read("x,y\n1,\n", "label_column: 'y' missing_values: MISSING_VALUES_MEAN"),
              StatusIs(absl::StatusCode::kInvalidArgument, "line 2: column `y`"));
}

TEST_F(CsvDatasetTest, ALabelThatIsDifferentInEachRowIsProbablyANumberToPredict) {
  std::string table = "x,price\n";
  for (int row = 0; row < 30; ++row) absl::StrAppend(&table, row, ",", 1000 + row, "\n");
  EXPECT_THAT(Read(table, "label_column: 'price'"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "got 30 different values in 30 rows; numbers to predict are named in "
                       "target_columns"));
}

TEST_F(CsvDatasetTest, SeveralFilesNeedTheSameColumns) {
  EXPECT_THAT(
      ReadFiles({{"a.csv", Write("a.csv", "x,y\n1,a\n")}, {"b.csv", Write("b.csv", "z,y\n1,a\n")}},
                "label_column: 'y'"),
      StatusIs(absl::StatusCode::kInvalidArgument, "b.csv: line 1: expected the columns"));
}

TEST_F(CsvDatasetTest, AHeaderWithoutRowsIsRefused) {
  EXPECT_THAT(Read("x,y\n", "label_column: 'y'"),
              StatusIs(absl::StatusCode::kInvalidArgument, "expected rows after the header"));
  EXPECT_THAT(Read("", "label_column: 'y'"),
              StatusIs(absl::StatusCode::kInvalidArgument, "got an empty file"));
}

TEST_F(CsvDatasetTest, ColumnsNeedDifferentNames) {
  EXPECT_THAT(Read("x,x,y\n1,2,a\n", "label_column: 'y'"),
              StatusIs(absl::StatusCode::kInvalidArgument, "got `x` twice"));
  EXPECT_THAT(Read("x,,y\n1,2,a\n", "label_column: 'y'"),
              StatusIs(absl::StatusCode::kInvalidArgument, "column 2 has none"));
}

TEST_F(CsvDatasetTest, MoreValuesThanADatasetMayHaveAreRefused) {
  values_max_ = 5;
  EXPECT_THAT(Read("x,y\n1,a\n2,b\n3,a\n", "label_column: 'y'"),
              StatusIs(absl::StatusCode::kResourceExhausted, "line 4"));
}

}  // namespace
}  // namespace traind
