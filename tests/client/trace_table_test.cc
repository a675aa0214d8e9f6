#include "client/trainctl/trace_table.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <limits>

#include "absl/strings/str_join.h"
#include "tests/recipes/recipe_fixture.h"

namespace traind {
namespace {

using ::testing::ElementsAre;

v1::TraceLayout Layout(const char* text) {
  v1::TraceLayout layout;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &layout));
  return layout;
}

// As the server describes that of the assignment's network.
v1::TraceLayout BackpropLayout() {
  return Layout(R"pb(
    tensors {
      kind: TRACE_KIND_INPUT
      name: "inputs"
      shape: [ 1, 2 ]
    }
    tensors {
      kind: TRACE_KIND_TARGET
      name: "targets"
      shape: [ 1, 2 ]
    }
    tensors {
      kind: TRACE_KIND_WEIGHT
      name: "layers.0.weight"
      shape: [ 2, 2 ]
    }
    tensors {
      kind: TRACE_KIND_WEIGHT
      name: "layers.2.weight"
      shape: [ 2, 2 ]
    }
    tensors {
      kind: TRACE_KIND_OUTPUT
      name: "layers.0"
      shape: [ 1, 2 ]
    }
    tensors {
      kind: TRACE_KIND_OUTPUT
      name: "layers.1"
      shape: [ 1, 2 ]
    }
    tensors {
      kind: TRACE_KIND_OUTPUT
      name: "layers.2"
      shape: [ 1, 2 ]
    }
    tensors {
      kind: TRACE_KIND_OUTPUT
      name: "layers.3"
      shape: [ 1, 2 ]
    }
    tensors {
      kind: TRACE_KIND_GRADIENT
      name: "layers.0.weight"
      shape: [ 2, 2 ]
    }
    tensors {
      kind: TRACE_KIND_GRADIENT
      name: "layers.2.weight"
      shape: [ 2, 2 ]
    }
  )pb");
}

TEST(TraceTableTest, TheAssignmentsNetworkHasTheAssignmentsColumns) {
  const auto table = MakeTraceTable(ShippedRecipe("backprop"), BackpropLayout());
  EXPECT_EQ(absl::StrJoin(table->ColumnNames(), ","),
            "i1,i2,t1,t2,w1,w2,w3,w4,w5,w6,w7,w8,h1,h2,a_h1,a_h2,o1,o2,a_o1,a_o2,E1,E2,E_total,"
            "∂E/∂w1,∂E/∂w2,∂E/∂w3,∂E/∂w4,∂E/∂w5,∂E/∂w6,∂E/∂w7,∂E/∂w8");
  v1::TraceRow row;
  for (int i = 0; i < 28; ++i) row.add_values(i);
  row.set_values(2, 1);
  row.set_values(3, 0.5);
  row.set_values(18, 0.5);   // E1 is ½ (1 - 0.5)²
  row.set_values(19, -1.5);  // E2 is ½ (0.5 + 1.5)²
  row.set_loss(2.125);
  EXPECT_EQ(absl::StrJoin(table->Cells(row), ","),
            "0,1,1,0.5,4,5,6,7,8,9,10,11,12,13,14,15,16,17,0.5,-1.5,0.125,2,2.125,20,21,22,23,24,"
            "25,26,27");
}

TEST(TraceTableTest, AnotherNetworkIsNotTakenForTheAssignments) {
  v1::Recipe recipe = ShippedRecipe("backprop");
  recipe.mutable_network()->mutable_layers(1)->mutable_tanh();
  EXPECT_EQ(MakeTraceTable(recipe, BackpropLayout())->ColumnNames().size(), 4u + 28);
  recipe = ShippedRecipe("backprop");
  recipe.mutable_network()->mutable_layers(2)->mutable_linear()->set_bias(true);
  EXPECT_EQ(MakeTraceTable(recipe, BackpropLayout())->ColumnNames().size(), 4u + 28);
}

constexpr char kSmallLayout[] = R"pb(
  tensors {
    kind: TRACE_KIND_INPUT
    name: "inputs"
    shape: [ 2, 1 ]
  }
  tensors {
    kind: TRACE_KIND_TARGET
    name: "targets"
    shape: [ 2 ]
  }
  tensors {
    kind: TRACE_KIND_WEIGHT
    name: "layers.0.bias"
    shape: [ 1 ]
  }
  tensors {
    kind: TRACE_KIND_OUTPUT
    name: "layers.0"
    shape: [ 2, 2 ]
  }
  tensors {
    kind: TRACE_KIND_GRADIENT
    name: "layers.0.bias"
    shape: [ 1 ]
  }
)pb";

TEST(TraceTableTest, ColumnsAreNamedByTensorAndIndexes) {
  EXPECT_THAT(
      MakeTraceTable(v1::Recipe(), Layout(kSmallLayout))->ColumnNames(),
      ElementsAre("step", "epoch", "samples", "loss", "inputs[0][0]", "inputs[1][0]", "targets[0]",
                  "targets[1]", "layers.0.bias[0]", "layers.0[0][0]", "layers.0[0][1]",
                  "layers.0[1][0]", "layers.0[1][1]", "gradient.layers.0.bias[0]"));
}

TEST(TraceTableTest, SamplesThatABatchLacksAreEmptyAndOtherNumbersAreToldInFull) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  v1::TraceRow row;
  row.set_step(7);
  row.set_epoch(2);
  row.set_sample_count(1);
  row.set_loss(0.1);
  for (const double value : {1.0 / 3, kNan, 1.0, kNan, kNan, 4.0, 5.0, kNan, kNan, 8e-20}) {
    row.add_values(value);
  }
  EXPECT_THAT(MakeTraceTable(v1::Recipe(), Layout(kSmallLayout))->Cells(row),
              ElementsAre("7", "2", "1", "0.1", "0.3333333333333333", "", "1", "", "nan", "4", "5",
                          "", "", "8e-20"));
}

}  // namespace
}  // namespace traind
