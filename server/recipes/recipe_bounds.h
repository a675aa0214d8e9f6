#ifndef TRAIND_SERVER_RECIPES_RECIPE_BOUNDS_H_
#define TRAIND_SERVER_RECIPES_RECIPE_BOUNDS_H_

#include <cstdint>

namespace traind {

// What a recipe may ask for at most. The size of its text and its parameter
// count are bounded by Limits.
struct RecipeBounds {
  // Characters of a recipe's, a dataset's or a split's name.
  int name_characters_max = 63;
  // Bytes of the description.
  int description_bytes_max = 4096;
  // Layers of a network, with those within others, and how deep they lie in each other.
  int layers_max = 1000;
  int layer_depth_max = 8;
  // Channels, height and width of an input image.
  int input_side_max = 16384;
  // Channels and length of an input sequence, and features of an input vector.
  int input_values_max = 1 << 24;
  // Values that an initializer lists.
  int listed_values_max = 1000;
  // Values that one layer puts out for one row.
  int64_t layer_values_max = int64_t{1} << 30;
  // Passes over the training split.
  int epochs_max = 10000;
  // Augmentation shift.
  int shift_pixels_max = 16;
  // Augmentation mixup; below the least, shares are 0 or 1 as far as numbers can tell.
  double mixup_alpha_min = 0.01;
  double mixup_alpha_max = 100;
  // Rows of data within a recipe.
  int inline_rows_max = 1000;
  // Further metrics, and classes of those that have a value for each class, or for each
  // pair of them: every epoch's event holds them, and clients take 4 MiB.
  int metrics_max = 16;
  int precision_classes_max = 1000;
  int confusion_classes_max = 256;
  // Steps of a warm-up.
  int64_t warmup_steps_max = 1000000000;
  // Batches that batch-norm statistics are measured over.
  int recalibration_batches_max = 100000;
  // Recipes of one catalog folder.
  int catalog_recipes_max = 1000;
  // Nesting of a recipe's text.
  int text_depth_max = 32;
  // Characters of an override's path.
  int override_path_characters_max = 1024;
  // Threads, retries and step intervals of an execution.
  int threads_max = 4096;
  int retries_max = 1000;
  int log_every_steps_max = 1000000000;
  // Checkpoints kept of one run, of the best and of the newest.
  int kept_checkpoints_max = 1000;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_RECIPE_BOUNDS_H_
