#include "server/oip/requested_outputs.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/oip/oip_fixture.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;

auto IsOutput(int index, int64_t top_count) {
  return AllOf(Field(&RequestedOutput::index, index),
               Field(&RequestedOutput::top_count, top_count));
}

inference::ModelInferRequest RequestOf(const std::vector<const char*>& names) {
  inference::ModelInferRequest request;
  for (const char* name : names) request.add_outputs()->set_name(name);
  return request;
}

inference::ModelInferRequest TopOf(const char* name, int64_t count) {
  inference::ModelInferRequest request = RequestOf({name});
  (*request.mutable_outputs(0)->mutable_parameters())["classification"].set_int64_param(count);
  return request;
}

TEST(RequestedOutputsTest, NoneAreAll) {
  EXPECT_THAT(*ChooseOutputs(ThreeClassVersion(), RequestOf({})),
              ElementsAre(IsOutput(0, 0), IsOutput(1, 0), IsOutput(2, 0)));
}

TEST(RequestedOutputsTest, ASubsetKeepsItsOrder) {
  EXPECT_THAT(*ChooseOutputs(ThreeClassVersion(), RequestOf({"probabilities", "classes"})),
              ElementsAre(IsOutput(2, 0), IsOutput(0, 0)));
}

TEST(RequestedOutputsTest, AnUnknownNameIsRefusedWithThoseThatExist) {
  EXPECT_THAT(ChooseOutputs(ThreeClassVersion(), RequestOf({"y"})),
              IsInvalid("outputs: expected some of classes, logits, probabilities, got \"y\""));
}

TEST(RequestedOutputsTest, ANameThatComesTwiceIsRefused) {
  EXPECT_THAT(ChooseOutputs(ThreeClassVersion(), RequestOf({"logits", "logits"})),
              IsInvalid("output logits: expected once, got twice"));
}

TEST(RequestedOutputsTest, ClassificationAsksForTheLargest) {
  EXPECT_THAT(*ChooseOutputs(ThreeClassVersion(), TopOf("logits", 2)), ElementsAre(IsOutput(1, 2)));
}

TEST(RequestedOutputsTest, MoreClassesThanThereAreAreAll) {
  EXPECT_THAT(*ChooseOutputs(ThreeClassVersion(), TopOf("logits", 1000)),
              ElementsAre(IsOutput(1, 3)));
}

TEST(RequestedOutputsTest, AClassificationHasOneClassOrMore) {
  EXPECT_THAT(ChooseOutputs(ThreeClassVersion(), TopOf("logits", 0)),
              IsInvalid("output logits: classification: expected 1 or more classes, got 0"));
  EXPECT_THAT(ChooseOutputs(ThreeClassVersion(), TopOf("logits", -1)), IsInvalid("got -1"));
}

TEST(RequestedOutputsTest, ClassesThemselvesCannotBeClassified) {
  EXPECT_THAT(ChooseOutputs(ThreeClassVersion(), TopOf("classes", 1)),
              IsInvalid("output classes: classification: expected an output with a number"));
}

TEST(RequestedOutputsTest, SharedMemoryIsUnimplemented) {
  inference::ModelInferRequest request = RequestOf({"logits"});
  (*request.mutable_outputs(0)->mutable_parameters())["shared_memory_region"].set_string_param("r");
  EXPECT_THAT(ChooseOutputs(ThreeClassVersion(), request),
              StatusIs(absl::StatusCode::kUnimplemented, "output logits: expected its bytes"));
}

}  // namespace
}  // namespace traind
