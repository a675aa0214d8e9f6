#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "client/trainctl/architecture_table.h"
#include "client/trainctl/layer_table.h"
#include "tests/client/s4_summary.h"

namespace traind {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// What torchsummary prints for the same network.
TEST(SummaryTablesTest, LayersOfS4AreThoseOfTorchsummary) {
  EXPECT_EQ(LayerTable(S4Summary()),
            R"(----------------------------------------------------------------
        Layer (type)               Output Shape         Param #
================================================================
            Conv2d-1           [-1, 32, 24, 24]             832
       BatchNorm2d-2           [-1, 32, 24, 24]              64
            Conv2d-3           [-1, 16, 22, 22]           4,624
       BatchNorm2d-4           [-1, 16, 22, 22]              32
           Dropout-5           [-1, 16, 11, 11]               0
            Conv2d-6             [-1, 16, 9, 9]           2,320
       BatchNorm2d-7             [-1, 16, 9, 9]              32
            Conv2d-8             [-1, 64, 7, 7]           9,280
       BatchNorm2d-9             [-1, 64, 7, 7]             128
AdaptiveAvgPool2d-10             [-1, 64, 1, 1]               0
          Dropout-11             [-1, 64, 1, 1]               0
           Linear-12                   [-1, 10]             650
================================================================
Total params: 17,962
Trainable params: 17,962
Non-trainable params: 0
----------------------------------------------------------------
Input size (MB): 0.00
Forward/backward pass size (MB): 0.48
Params size (MB): 0.07
Estimated Total Size (MB): 0.55
----------------------------------------------------------------
)");
}

TEST(SummaryTablesTest, MillionsOfParametersAreGroupedTwice) {
  v1::RecipeSummary summary;
  summary.set_parameter_count(12345678);
  EXPECT_THAT(LayerTable(summary), HasSubstr("Total params: 12,345,678\n"));
}

TEST(SummaryTablesTest, ArchitectureOfS4HasItsBlocksAndReceptiveFields) {
  EXPECT_THAT(ArchitectureTable(S4Summary()),
              StartsWith(R"(LAYER            [INPUT    | KERNELS    | OUTPUT    | Receptive field]

CONV1            [28x28x1  | 5x5x1x32   | 24x24x32  | RF = 5x5]
ReLU
BATCH_NORM(32)

CONV2            [24x24x32 | 3x3x32x16  | 22x22x16  | RF = 7x7]
ReLU
BATCH_NORM(16)
MAX_POOLING      [22x22x16 |  k=2, s=2  | 11x11x16  | RF = 8x8]
DROPOUT(0.1)

CONV3            [11x11x16 | 3x3x16x16  | 9x9x16    | RF = 12x12]
ReLU
BATCH_NORM(16)

CONV4            [9x9x16   | 3x3x16x64  | 7x7x64    | RF = 16x16]
ReLU
BATCH_NORM(64)

GAP(1)
DROPOUT(0.1)

FC               [64*1*1 => 10]

RF is computed)"));
}

TEST(SummaryTablesTest, WideCellsMoveTheColumns) {
  v1::RecipeSummary summary = S4Summary();
  summary.mutable_layers(0)->set_input_shape(0, 1000);
  EXPECT_THAT(ArchitectureTable(summary),
              StartsWith("LAYER            [INPUT      | KERNELS     | OUTPUT    | Receptive "
                         "field]\n\nCONV1            [28x28x1000 | 5x5x1000x32 | 24x24x32 "));
}

TEST(SummaryTablesTest, StrideAndPaddingAreNamedWhenTheyAreNotTheDefault) {
  v1::RecipeSummary summary = S4Summary();
  v1::Conv2d* layer = summary.mutable_layers(0)->mutable_layer()->mutable_conv2d();
  layer->set_stride(2);
  layer->set_padding(1);
  EXPECT_THAT(ArchitectureTable(summary), HasSubstr("5x5x1x32, s=2, p=1"));
}

TEST(SummaryTablesTest, SeveralLinearLayersAreNumbered) {
  v1::RecipeSummary summary = S4Summary();
  v1::LayerSummary* layer = summary.add_layers();
  layer->add_input_shape(10);
  layer->add_output_shape(5);
  layer->mutable_layer()->mutable_linear();
  const std::string table = ArchitectureTable(summary);
  EXPECT_THAT(table, HasSubstr("FC1              [64*1*1 => 10]"));
  EXPECT_THAT(table, HasSubstr("FC2              [10 => 5]"));
}

// A residual with a shortcut, then a frozen head, as a server summarises them.
v1::RecipeSummary NestedSummary() {
  static constexpr char kText[] = R"pb(
    input_shape: [ 4, 8, 8 ]
    layers {
      type: "Residual"
      input_shape: [ 4, 8, 8 ]
      output_shape: [ 6, 8, 8 ]
      parameter_count: 258
      receptive_field: 3
      layer { residual {} }
      ways {
        field: "residual.layers"
        layers {
          type: "Conv2d"
          input_shape: [ 4, 8, 8 ]
          output_shape: [ 6, 8, 8 ]
          parameter_count: 216
          receptive_field: 3
          layer { conv2d { out_channels: 6 kernel_size: 3 padding: 1 bias: false } }
        }
        layers {
          type: "BatchNorm2d"
          input_shape: [ 6, 8, 8 ]
          output_shape: [ 6, 8, 8 ]
          parameter_count: 12
          receptive_field: 3
          layer { batch_norm2d {} }
        }
      }
      ways {
        field: "residual.shortcut"
        layers {
          type: "Conv2d"
          input_shape: [ 4, 8, 8 ]
          output_shape: [ 6, 8, 8 ]
          parameter_count: 30
          receptive_field: 1
          layer { conv2d { out_channels: 6 kernel_size: 1 } }
        }
      }
    }
    layers {
      type: "GELU"
      input_shape: [ 6, 8, 8 ]
      output_shape: [ 6, 8, 8 ]
      receptive_field: 3
      layer { gelu {} }
    }
    layers {
      type: "GlobalAvgPool"
      input_shape: [ 6, 8, 8 ]
      output_shape: [ 6 ]
      receptive_field: 10
      layer { global_avg_pool {} }
    }
    layers {
      type: "Linear"
      input_shape: [ 6 ]
      output_shape: [ 2 ]
      parameter_count: 14
      frozen_parameter_count: 14
      receptive_field: 10
      layer {
        linear { out_features: 2 }
        frozen: true
      }
    }
    parameter_count: 272
    frozen_parameter_count: 14
  )pb";
  v1::RecipeSummary summary;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kText, &summary));
  return summary;
}

TEST(SummaryTablesTest, LayersWithinAnotherAreIndentedBelowIt) {
  EXPECT_THAT(ArchitectureTable(NestedSummary()),
              StartsWith(R"(LAYER            [INPUT    | KERNELS      | OUTPUT    | Receptive field]

RESIDUAL
  CONV1          [8x8x4    | 3x3x4x6, p=1 | 8x8x6     | RF = 3x3]
  BATCH_NORM(6)
  SHORTCUT
    CONV2        [8x8x4    | 1x1x4x6      | 8x8x6     | RF = 1x1]
GELU

GAP

FC frozen        [6 => 2]
)"));
}

TEST(SummaryTablesTest, LayersWithinAnotherHaveTheirRowsBeforeIt) {
  const std::string table = LayerTable(NestedSummary());
  EXPECT_THAT(table, HasSubstr(R"(
            Conv2d-1              [-1, 6, 8, 8]             216
       BatchNorm2d-2              [-1, 6, 8, 8]              12
            Conv2d-3              [-1, 6, 8, 8]              30
          Residual-4              [-1, 6, 8, 8]               0
     GlobalAvgPool-5                    [-1, 6]               0
            Linear-6                    [-1, 2]              14
)"));
  EXPECT_THAT(table, HasSubstr("Total params: 272\nTrainable params: 258\n"
                               "Non-trainable params: 14\n"));
}

TEST(SummaryTablesTest, SequencesAreLengthByChannels) {
  static constexpr char kText[] = R"pb(
    input_shape: [ 4, 20 ]
    layers {
      type: "Conv1d"
      input_shape: [ 4, 20 ]
      output_shape: [ 3, 9 ]
      receptive_field: 5
      layer { conv1d { out_channels: 3 kernel_size: 5 stride: 2 padding: 1 } }
    }
    layers {
      type: "LayerNorm"
      input_shape: [ 3, 9 ]
      output_shape: [ 3, 9 ]
      layer { layer_norm {} }
    }
    layers {
      type: "MaxPool1d"
      input_shape: [ 3, 9 ]
      output_shape: [ 3, 4 ]
      layer { max_pool1d { kernel_size: 2 } }
    }
  )pb";
  v1::RecipeSummary summary;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(kText, &summary));
  const std::string table = ArchitectureTable(summary);
  EXPECT_THAT(table,
              HasSubstr("CONV1            [20x4     | 5x4x3, s=2, p=1 | 9x3       | RF = 5]"));
  EXPECT_THAT(table, HasSubstr("\nLAYER_NORM(9x3)\n"));
  EXPECT_THAT(table,
              HasSubstr("MAX_POOLING      [9x3      |  k=2, s=2       | 4x3       | RF = all]"));
}

}  // namespace
}  // namespace traind
