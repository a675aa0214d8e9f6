#include "server/recipes/augmentation_validation.h"

#include "gtest/gtest.h"
#include "tests/recipes/recipe_fixture.h"

namespace traind {
namespace {

// Fields of the augmentation as text, and what validation says; empty: they are valid.
struct Fields {
  const char* text;
  const char* message;
};

constexpr char kImage[] = "input { channels: 3 height: 4 width: 9 }";

absl::Status Validate(const std::string& network, const std::string& text, int batch_size = 8) {
  v1::Recipe recipe = RecipeOfNetwork(network);
  recipe.set_batch_size(batch_size);
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      text, recipe.mutable_data()->mutable_augmentation()))
      << text;
  return ValidateAugmentation(recipe);
}

class OfImages : public testing::TestWithParam<Fields> {};

TEST_P(OfImages, IsChecked) {
  const absl::Status status = Validate(kImage, GetParam().text);
  EXPECT_EQ(MessageOf(status), GetParam().message);
  EXPECT_EQ(status.code(), GetParam().message[0] == '\0' ? absl::StatusCode::kOk
                                                         : absl::StatusCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(
    Augmentation, OfImages,
    testing::Values(
        Fields{"", ""},
        Fields{"shift_pixels: 3 rotation_degrees: 180 scale_fraction: 0.99 shear_degrees: 89 "
               "horizontal_flip_probability: 1 vertical_flip_probability: 1 "
               "erase_probability: 1 erase_area_fraction: 1 mixup_alpha: 100",
               ""},
        Fields{"mixup_alpha: 0.01", ""},
        Fields{"shift_pixels: 4",
               "data.augmentation.shift_pixels: expected a whole number from 0 to 3, got 4"},
        Fields{"rotation_degrees: -1",
               "data.augmentation.rotation_degrees: expected a number in [0, 180], got -1"},
        Fields{"rotation_degrees: 181",
               "data.augmentation.rotation_degrees: expected a number in [0, 180], got 181"},
        Fields{"scale_fraction: 1",
               "data.augmentation.scale_fraction: expected a number in [0, 1), got 1"},
        Fields{"shear_degrees: 90",
               "data.augmentation.shear_degrees: expected a number in [0, 90), got 90"},
        Fields{"horizontal_flip_probability: 1.5",
               "data.augmentation.horizontal_flip_probability: expected a number in [0, 1], got "
               "1.5"},
        Fields{"vertical_flip_probability: nan",
               "data.augmentation.vertical_flip_probability: expected a number in [0, 1], got "
               "nan"},
        Fields{"erase_probability: -0.5",
               "data.augmentation.erase_probability: expected a number in [0, 1], got -0.5"},
        Fields{"erase_area_fraction: 0",
               "data.augmentation.erase_area_fraction: expected a number in (0, 1], got 0"},
        Fields{"mixup_alpha: 0.001",
               "data.augmentation.mixup_alpha: expected 0 or a number from 0.01 to 100, got "
               "0.001"},
        Fields{"mixup_alpha: inf",
               "data.augmentation.mixup_alpha: expected 0 or a number from 0.01 to 100, got "
               "inf"}));

TEST(ValidateAugmentation, OnlyMixesRowsThatAreNoImages) {
  for (const char* input : {"input { channels: 2 length: 9 }", "input { features: 5 }"}) {
    EXPECT_TRUE(Validate(input, "mixup_alpha: 0.2").ok());
    for (const char* field :
         {"shift_pixels", "rotation_degrees", "scale_fraction", "shear_degrees",
          "horizontal_flip_probability", "vertical_flip_probability", "erase_probability"}) {
      EXPECT_FALSE(Validate(input, std::string(field) + ": 1").ok()) << field;
    }
  }
  EXPECT_EQ(MessageOf(Validate("input { features: 5 }", "rotation_degrees: 10")),
            "data.augmentation.rotation_degrees: expected 0, as the rows [5] are no images, got "
            "10");
}

TEST(ValidateAugmentation, MixesNoBatchOfOneRow) {
  EXPECT_EQ(MessageOf(Validate(kImage, "mixup_alpha: 1", 1)),
            "data.augmentation.mixup_alpha: expected 0, as a batch of one row has none to mix it "
            "with, got 1");
}

}  // namespace
}  // namespace traind
