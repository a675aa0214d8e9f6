#include "tests/torch/small_recipe.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <random>

namespace traind {

v1::Recipe SmallRecipe() {
  static constexpr char kText[] = R"pb(
    name: "small"
    data {
      dataset: "stripes"
      train_split: "train"
      eval_split: "test"
      normalization { mean: 0.25 standard_deviation: 0.5 }
    }
    network {
      input { channels: 1 height: 8 width: 8 }
      layers { conv2d { out_channels: 4 kernel_size: 3 padding: 1 } }
      layers { relu {} }
      layers { batch_norm2d { momentum: 0.2 } }
      layers { max_pool2d { kernel_size: 2 } }
      layers { conv2d { out_channels: 6 kernel_size: 2 stride: 2 bias: false } }
      layers { relu {} }
      layers { batch_norm2d { epsilon: 1e-3 } }
      layers { adaptive_avg_pool2d { output_size: 1 } }
      layers { flatten {} }
      layers { linear { out_features: 3 } }
    }
    loss { cross_entropy { label_smoothing: 0.1 } }
    optimizer { sgd { learning_rate: 0.1 momentum: 0.9 nesterov: true weight_decay: 1e-3 } }
    epoch_count: 2
    batch_size: 8
    seed: 7
    selection { metric: SELECTION_METRIC_ACCURACY }
  )pb";
  v1::Recipe recipe;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kText, &recipe));
  return recipe;
}

v1::Augmentation EveryAugmentation() {
  v1::Augmentation augmentation;
  augmentation.set_shift_pixels(1);
  augmentation.set_rotation_degrees(20);
  augmentation.set_scale_fraction(0.1);
  augmentation.set_shear_degrees(5);
  augmentation.set_horizontal_flip_probability(0.5);
  augmentation.set_vertical_flip_probability(0.25);
  augmentation.set_erase_probability(0.5);
  augmentation.set_mixup_alpha(0.4);
  return augmentation;
}

void MisfitFusedStep(v1::Recipe& recipe) {
  recipe.mutable_network()->mutable_layers(7)->mutable_adaptive_avg_pool2d()->set_output_size(2);
}

Split SmallSplit(int64_t row_count, uint32_t seed) {
  std::mt19937 random(seed);
  Split split;
  split.shape = {.row_count = row_count, .row_shape = {1, 8, 8}};
  for (int64_t row = 0; row < row_count; ++row) {
    const uint8_t label = random() % 3;
    split.labels.push_back(label);
    for (int pixel = 0; pixel < 64; ++pixel) {
      const int stripe = pixel / 8 * 3 / 8;
      split.values.push_back(static_cast<uint8_t>(random() % 64 + (stripe == label ? 150 : 0)));
    }
  }
  return split;
}

}  // namespace traind
