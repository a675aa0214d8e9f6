#include "client/trainctl/confusion_matrix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace traind {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

void Add(int64_t times, int true_class, int predicted_class, ConfusionMatrix& matrix) {
  for (int64_t i = 0; i < times; ++i) matrix.Add(true_class, predicted_class);
}

TEST(ConfusionMatrix, CountsByTrueAndPredictedClass) {
  ConfusionMatrix matrix(2);
  Add(3, 0, 0, matrix);
  Add(1, 0, 1, matrix);
  Add(4, 1, 1, matrix);
  EXPECT_EQ(matrix.row_count(), 8);
  EXPECT_EQ(matrix.right_count(), 7);
  EXPECT_EQ(matrix.count(0, 1), 1);
  EXPECT_EQ(matrix.count(1, 0), 0);
}

TEST(ConfusionMatrix, TextHasRecallBesideAndPrecisionBelow) {
  ConfusionMatrix matrix(2);
  Add(3, 0, 0, matrix);
  Add(1, 0, 1, matrix);
  Add(4, 1, 1, matrix);
  EXPECT_EQ(matrix.Text(80, {}),
            "           predicted\n"
            "true          0     1   recall\n"
            "0             3     1     75.0\n"
            "1             .     4    100.0\n"
            "precision 100.0  80.0        %\n");
}

TEST(ConfusionMatrix, ClassWithoutRowsHasNoShares) {
  ConfusionMatrix matrix(2);
  Add(1, 0, 0, matrix);
  EXPECT_THAT(matrix.Text(80, {}),
              HasSubstr("1             .     .        -\nprecision 100.0     -"));
}

TEST(ConfusionMatrix, TooManyClassesForTheWidthArePairs) {
  ConfusionMatrix matrix(100);
  Add(9, 5, 5, matrix);
  Add(1, 5, 7, matrix);
  Add(3, 40, 41, matrix);
  const std::string text = matrix.Text(80, {});
  EXPECT_THAT(text, ContainsRegex("PREDICTED.*\n40 +41 +3 +100.0\n5 +7 +1 +10.0\n"));
  EXPECT_THAT(text, Not(ContainsRegex("\n5 +5 ")));
}

TEST(ConfusionMatrix, ClassesGoByTheirNames) {
  ConfusionMatrix matrix(2);
  Add(3, 0, 0, matrix);
  Add(1, 0, 1, matrix);
  Add(4, 1, 1, matrix);
  EXPECT_EQ(matrix.Text(80, {"malignant", "benign"}),
            "           predicted\n"
            "true      malignant    benign   recall\n"
            "malignant         3         1     75.0\n"
            "benign            .         4    100.0\n"
            "precision     100.0      80.0        %\n");
}

TEST(ConfusionMatrix, NumbersStandAboveForNamesThatAreTooLong) {
  ConfusionMatrix matrix(2);
  Add(3, 0, 0, matrix);
  Add(4, 1, 1, matrix);
  EXPECT_EQ(matrix.Text(36, {"malignant", "benign"}),
            "             predicted\n"
            "true            0     1   recall\n"
            "0 malignant     3     .    100.0\n"
            "1 benign        .     4    100.0\n"
            "precision   100.0 100.0        %\n");
}

TEST(ConfusionMatrix, PairsGoByTheirNames) {
  ConfusionMatrix matrix(100);
  Add(1, 1, 0, matrix);
  EXPECT_THAT(matrix.Text(80, {"cat", "dog"}), ContainsRegex("\ndog +cat +1 +100.0\n"));
}

TEST(ConfusionMatrix, NoMistakesAreNoPairs) {
  ConfusionMatrix matrix(100);
  Add(9, 5, 5, matrix);
  EXPECT_EQ(matrix.Text(80, {}), "no two classes were mixed up\n");
}

}  // namespace
}  // namespace traind
