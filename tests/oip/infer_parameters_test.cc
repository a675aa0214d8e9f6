#include "server/oip/infer_parameters.h"

#include <limits>

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

TEST(InferParametersTest, WithoutAnyTheDefaultsHold) {
  const absl::StatusOr<InferParameters> parameters = ParseInferParameters({});
  ASSERT_OK(parameters);
  EXPECT_EQ(parameters->priority, 0u);
  EXPECT_EQ(parameters->timeout, absl::InfiniteDuration());
}

TEST(InferParametersTest, TimeoutIsMicrosecondsInEitherType) {
  InferParameterMap map;
  map["timeout"].set_int64_param(1500);
  EXPECT_EQ(ParseInferParameters(map)->timeout, absl::Microseconds(1500));
  map["timeout"].set_uint64_param(1500);
  EXPECT_EQ(ParseInferParameters(map)->timeout, absl::Microseconds(1500));
}

TEST(InferParametersTest, TimeoutZeroIsNone) {
  InferParameterMap map;
  map["timeout"].set_int64_param(0);
  EXPECT_EQ(ParseInferParameters(map)->timeout, absl::InfiniteDuration());
}

TEST(InferParametersTest, TheLongestTimeoutDoesNotOverflow) {
  InferParameterMap map;
  map["timeout"].set_uint64_param(std::numeric_limits<uint64_t>::max());
  EXPECT_GT(ParseInferParameters(map)->timeout, absl::Hours(24 * 365 * 1000));
}

TEST(InferParametersTest, PriorityIsReadInEitherType) {
  InferParameterMap map;
  map["priority"].set_int64_param(2);
  EXPECT_EQ(ParseInferParameters(map)->priority, 2u);
  map["priority"].set_uint64_param(3);
  EXPECT_EQ(ParseInferParameters(map)->priority, 3u);
}

TEST(InferParametersTest, NegativeNumbersAndOtherTypesAreRefusedWithWhatCame) {
  InferParameterMap map;
  map["timeout"].set_int64_param(-5);
  EXPECT_THAT(ParseInferParameters(map), IsInvalid("parameter timeout: expected an int64 or "
                                                   "uint64 of 0 or more, got -5"));
  map["timeout"].set_string_param("soon");
  EXPECT_THAT(ParseInferParameters(map), IsInvalid("got \"soon\""));
  map["timeout"].set_double_param(0.5);
  EXPECT_THAT(ParseInferParameters(map), IsInvalid("got the fraction 0.5"));
  map["timeout"].Clear();
  EXPECT_THAT(ParseInferParameters(map), IsInvalid("got no value"));
  map.erase("timeout");
  map["priority"].set_bool_param(true);
  EXPECT_THAT(ParseInferParameters(map), IsInvalid("parameter priority"));
}

TEST(InferParametersTest, APartOfASequenceIsRefused) {
  for (const char* name : {"sequence_start", "sequence_end"}) {
    InferParameterMap map;
    map[name].set_bool_param(true);
    EXPECT_THAT(ParseInferParameters(map), IsInvalid("nothing between requests, got true"));
  }
  InferParameterMap map;
  map["sequence_id"].set_string_param("chat");
  EXPECT_THAT(ParseInferParameters(map), IsInvalid("got \"chat\""));
}

TEST(InferParametersTest, TheMarksOfNoSequenceAreTaken) {
  InferParameterMap map;
  map["sequence_id"].set_int64_param(0);
  map["sequence_start"].set_bool_param(false);
  map["sequence_end"].set_bool_param(false);
  EXPECT_OK(ParseInferParameters(map));
}

TEST(InferParametersTest, ParametersThatMeanNothingHereAreIgnored) {
  InferParameterMap map;
  map["triton_enable_empty_final_response"].set_bool_param(true);
  map["colour"].set_string_param("blue");
  EXPECT_OK(ParseInferParameters(map));
}

TEST(InferParametersTest, SharedMemoryIsToldByTheTensorsName) {
  InferParameterMap map;
  EXPECT_OK(CheckNoSharedMemory("input x", map));
  map["shared_memory_byte_size"].set_int64_param(8);
  EXPECT_THAT(CheckNoSharedMemory("input x", map),
              StatusIs(absl::StatusCode::kUnimplemented,
                       "input x: expected its bytes in the message, got shared memory"));
}

}  // namespace
}  // namespace traind
