#include "server/oip/model_metadata.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/oip/oip_fixture.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ModelMetadataTest, TensorsHaveTheirRowsAsMinusOne) {
  const inference::ModelMetadataResponse model = DescribeModel(ThreeClassVersion(), {1, 3});
  EXPECT_EQ(model.name(), "s4");
  EXPECT_THAT(model.versions(), ElementsAre("1", "3"));
  EXPECT_EQ(model.platform(), "pytorch_libtorch");
  ASSERT_EQ(model.inputs_size(), 1);
  EXPECT_EQ(model.inputs(0).name(), "x");
  EXPECT_EQ(model.inputs(0).datatype(), "FP32");
  EXPECT_THAT(model.inputs(0).shape(), ElementsAre(-1, 1, 1, 2));
  ASSERT_EQ(model.outputs_size(), 3);
  EXPECT_EQ(model.outputs(0).datatype(), "INT64");
  EXPECT_THAT(model.outputs(0).shape(), ElementsAre(-1));
  EXPECT_THAT(model.outputs(2).shape(), ElementsAre(-1, 3));
}

TEST(ModelConfigTest, ShapesAreWithoutTheRows) {
  const inference::ModelConfig config = DescribeConfig(ThreeClassVersion(), {}, 1).config();
  ASSERT_EQ(config.input_size(), 1);
  EXPECT_EQ(config.input(0).data_type(), inference::TYPE_FP32);
  EXPECT_THAT(config.input(0).dims(), ElementsAre(1, 1, 2));
  ASSERT_EQ(config.output_size(), 3);
  EXPECT_EQ(config.output(0).data_type(), inference::TYPE_INT64);
  EXPECT_THAT(config.output(0).dims(), IsEmpty());
  EXPECT_THAT(config.output(1).dims(), ElementsAre(3));
}

// A client refuses a model whose configuration names a tensor that its metadata has not.
TEST(ModelConfigTest, NamesTheSameTensorsAsTheMetadata) {
  const v1::ModelVersion version = ThreeClassVersion();
  const inference::ModelConfig config = DescribeConfig(version, {}, 1).config();
  const inference::ModelMetadataResponse model = DescribeModel(version, {3});
  ASSERT_EQ(config.input_size(), model.inputs_size());
  EXPECT_EQ(config.input(0).name(), model.inputs(0).name());
  ASSERT_EQ(config.output_size(), model.outputs_size());
  for (int i = 0; i < config.output_size(); ++i) {
    EXPECT_EQ(config.output(i).name(), model.outputs(i).name());
  }
}

TEST(ModelConfigTest, NamesOfClassesAreAJsonArray) {
  v1::ModelVersion version = ThreeClassVersion();
  EXPECT_EQ(DescribeConfig(version, {}, 1).config().parameters().count("class_names"), 0u);
  version.add_class_names("setosa");
  version.add_class_names("with \"quotes\", and more");
  EXPECT_EQ(DescribeConfig(version, {}, 1).config().parameters().at("class_names").string_value(),
            R"(["setosa","with \"quotes\", and more"])");
}

TEST(ModelConfigTest, TheLimitsAreToldInTheProtocolsWords) {
  Limits limits;
  limits.predict_rows_max = 64;
  limits.predict_queue_max = 10;
  limits.predict_deadline_default = absl::Milliseconds(5);
  const inference::ModelConfig config = DescribeConfig(ThreeClassVersion(), limits, 2).config();
  EXPECT_EQ(config.max_batch_size(), 64);
  ASSERT_TRUE(config.has_dynamic_batching());
  EXPECT_EQ(config.dynamic_batching().default_queue_policy().max_queue_size(), 10u);
  EXPECT_EQ(config.dynamic_batching().default_queue_policy().default_timeout_microseconds(), 5000u);
  ASSERT_EQ(config.instance_group_size(), 1);
  EXPECT_EQ(config.instance_group(0).count(), 2);
  EXPECT_EQ(config.instance_group(0).kind(), inference::ModelInstanceGroup::KIND_CPU);
  EXPECT_TRUE(config.version_policy().has_all());
}

}  // namespace
}  // namespace traind
