#include "tests/client/s4_summary.h"

#include <google/protobuf/text_format.h>

#include <string>

namespace traind {
namespace {

constexpr char kSummary[] = R"pb(
  recipe_name: "s4"
  input_shape: [ 1, 28, 28 ]
  layers {
    type: "Conv2d"
    input_shape: [ 1, 28, 28 ]
    output_shape: [ 32, 24, 24 ]
    parameter_count: 832
    receptive_field: 5
    layer { conv2d { out_channels: 32 kernel_size: 5 } }
  }
  layers {
    type: "ReLU"
    input_shape: [ 32, 24, 24 ]
    output_shape: [ 32, 24, 24 ]
    receptive_field: 5
    layer { relu {} }
  }
  layers {
    type: "BatchNorm2d"
    input_shape: [ 32, 24, 24 ]
    output_shape: [ 32, 24, 24 ]
    parameter_count: 64
    receptive_field: 5
    layer { batch_norm2d {} }
  }
  layers {
    type: "Conv2d"
    input_shape: [ 32, 24, 24 ]
    output_shape: [ 16, 22, 22 ]
    parameter_count: 4624
    receptive_field: 7
    layer { conv2d { out_channels: 16 kernel_size: 3 } }
  }
  layers {
    type: "ReLU"
    input_shape: [ 16, 22, 22 ]
    output_shape: [ 16, 22, 22 ]
    receptive_field: 7
    layer { relu {} }
  }
  layers {
    type: "BatchNorm2d"
    input_shape: [ 16, 22, 22 ]
    output_shape: [ 16, 22, 22 ]
    parameter_count: 32
    receptive_field: 7
    layer { batch_norm2d {} }
  }
  layers {
    type: "MaxPool2d"
    input_shape: [ 16, 22, 22 ]
    output_shape: [ 16, 11, 11 ]
    receptive_field: 8
    layer { max_pool2d { kernel_size: 2 } }
  }
  layers {
    type: "Dropout"
    input_shape: [ 16, 11, 11 ]
    output_shape: [ 16, 11, 11 ]
    receptive_field: 8
    layer { dropout { probability: 0.1 } }
  }
  layers {
    type: "Conv2d"
    input_shape: [ 16, 11, 11 ]
    output_shape: [ 16, 9, 9 ]
    parameter_count: 2320
    receptive_field: 12
    layer { conv2d { out_channels: 16 kernel_size: 3 } }
  }
  layers {
    type: "ReLU"
    input_shape: [ 16, 9, 9 ]
    output_shape: [ 16, 9, 9 ]
    receptive_field: 12
    layer { relu {} }
  }
  layers {
    type: "BatchNorm2d"
    input_shape: [ 16, 9, 9 ]
    output_shape: [ 16, 9, 9 ]
    parameter_count: 32
    receptive_field: 12
    layer { batch_norm2d {} }
  }
  layers {
    type: "Conv2d"
    input_shape: [ 16, 9, 9 ]
    output_shape: [ 64, 7, 7 ]
    parameter_count: 9280
    receptive_field: 16
    layer { conv2d { out_channels: 64 kernel_size: 3 } }
  }
  layers {
    type: "ReLU"
    input_shape: [ 64, 7, 7 ]
    output_shape: [ 64, 7, 7 ]
    receptive_field: 16
    layer { relu {} }
  }
  layers {
    type: "BatchNorm2d"
    input_shape: [ 64, 7, 7 ]
    output_shape: [ 64, 7, 7 ]
    parameter_count: 128
    receptive_field: 16
    layer { batch_norm2d {} }
  }
  layers {
    type: "AdaptiveAvgPool2d"
    input_shape: [ 64, 7, 7 ]
    output_shape: [ 64, 1, 1 ]
    receptive_field: 28
    layer { adaptive_avg_pool2d { output_size: 1 } }
  }
  layers {
    type: "Dropout"
    input_shape: [ 64, 1, 1 ]
    output_shape: [ 64, 1, 1 ]
    receptive_field: 28
    layer { dropout { probability: 0.1 } }
  }
  layers {
    type: "Flatten"
    input_shape: [ 64, 1, 1 ]
    output_shape: [ 64 ]
    receptive_field: 28
    layer { flatten {} }
  }
  layers {
    type: "Linear"
    input_shape: [ 64 ]
    output_shape: [ 10 ]
    parameter_count: 650
    layer { linear { out_features: 10 } }
  }
  parameter_count: 17962
)pb";

}  // namespace

v1::RecipeSummary S4Summary() {
  v1::RecipeSummary summary;
  google::protobuf::TextFormat::ParseFromString(kSummary, &summary);
  return summary;
}

}  // namespace traind
