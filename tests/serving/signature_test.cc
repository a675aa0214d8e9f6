#include "server/serving/signature.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tests/serving/serving_fakes.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using Inputs = google::protobuf::RepeatedPtrField<v1::Tensor>;

Inputs OneInput(const std::vector<int64_t>& shape, const std::vector<float>& values) {
  Inputs inputs;
  v1::Tensor& tensor = *inputs.Add();
  tensor.set_name("x");
  tensor.set_data_type(v1::DATA_TYPE_FP32);
  for (int64_t size : shape) tensor.add_shape(size);
  tensor.set_data(values.data(), values.size() * sizeof(float));
  return inputs;
}

absl::StatusOr<int64_t> Check(const Inputs& inputs) {
  Limits limits;
  limits.predict_rows_max = 4;
  std::vector<TensorView> views;
  for (const v1::Tensor& tensor : inputs) {
    views.push_back({tensor.name(), tensor.data_type(), tensor.shape(), tensor.data()});
  }
  return CheckInputs(TwoClassVersion(1), views, limits);
}

TEST(SignatureTest, AFittingTensorGivesItsRows) {
  EXPECT_EQ(*Check(OneInput({3, 1, 1, 2}, std::vector<float>(6, 0.5f))), 3);
}

TEST(SignatureTest, AWrongTypeIsRefusedWithBoth) {
  Inputs inputs = OneInput({1, 1, 1, 2}, {0, 0});
  inputs.Mutable(0)->set_data_type(v1::DATA_TYPE_UINT8);
  EXPECT_THAT(Check(inputs),
              IsInvalid("input x: expected FP32 [N, 1, 1, 2], got UINT8 [1, 1, 1, 2]"));
}

TEST(SignatureTest, AnUnknownTypeIsRefused) {
  Inputs inputs = OneInput({1, 1, 1, 2}, {0, 0});
  inputs.Mutable(0)->set_data_type(static_cast<v1::DataType>(77));
  EXPECT_THAT(Check(inputs), IsInvalid("got an unknown type"));
}

TEST(SignatureTest, AWrongRankIsRefusedWithBoth) {
  EXPECT_THAT(Check(OneInput({1, 2}, {0, 0})),
              IsInvalid("expected FP32 [N, 1, 1, 2], got FP32 [1, 2]"));
}

TEST(SignatureTest, AWrongSizeIsRefusedWithBoth) {
  EXPECT_THAT(Check(OneInput({1, 1, 2, 1}, {0, 0})), IsInvalid("got FP32 [1, 1, 2, 1]"));
}

TEST(SignatureTest, ZeroAndNegativeRowsAreRefused) {
  EXPECT_THAT(Check(OneInput({0, 1, 1, 2}, {})), IsInvalid("1 to 4 rows"));
  EXPECT_THAT(Check(OneInput({-1, 1, 1, 2}, {})), IsInvalid("got -1 rows"));
}

TEST(SignatureTest, TooManyRowsAreRefusedByTheNameOfTheLimit) {
  EXPECT_THAT(Check(OneInput({5, 1, 1, 2}, std::vector<float>(10))),
              IsInvalid("(predict_rows_max), got 5 rows"));
  EXPECT_THAT(Check(OneInput({std::numeric_limits<int64_t>::max(), 1, 1, 2}, {})),
              IsInvalid("predict_rows_max"));
}

TEST(SignatureTest, BytesMustMatchTheShape) {
  EXPECT_THAT(Check(OneInput({2, 1, 1, 2}, {0, 0, 0})), IsInvalid("expected 16 bytes"));
  EXPECT_THAT(Check(OneInput({1, 1, 1, 2}, {})), IsInvalid("got 0"));
}

TEST(SignatureTest, NumbersMustBeFinite) {
  for (float bad : {NAN, INFINITY, -INFINITY}) {
    EXPECT_THAT(Check(OneInput({1, 1, 1, 2}, {0, bad})), IsInvalid("at element 1"));
  }
}

TEST(SignatureTest, TheNameMustBeTheSignatures) {
  Inputs inputs = OneInput({1, 1, 1, 2}, {0, 0});
  inputs.Mutable(0)->set_name("pixels");
  EXPECT_THAT(Check(inputs), IsInvalid("expected x, got a tensor named \"pixels\""));
}

TEST(SignatureTest, MissingAndSurplusTensorsAreRefused) {
  EXPECT_THAT(Check(Inputs()), IsInvalid("expected 1 (x), got 0"));
  Inputs two = OneInput({1, 1, 1, 2}, {0, 0});
  *two.Add() = two.Get(0);
  EXPECT_THAT(Check(two), IsInvalid("expected 1 (x), got 2"));
}

}  // namespace
}  // namespace traind
