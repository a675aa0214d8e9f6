#include <gmock/gmock.h>
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

}  // namespace
}  // namespace traind
