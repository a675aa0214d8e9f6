#ifndef TRAIND_TESTS_WORKERS_TINY_ASSIGNMENT_H_
#define TRAIND_TESTS_WORKERS_TINY_ASSIGNMENT_H_

#include <string>

#include "tests/support/temp_directory.h"
#include "traind/worker/v1/worker_service.pb.h"

namespace traind {

// Appends a number as IDX files hold it: 32 bits, big-endian.
inline void AppendBigEndian(int value, std::string& bytes) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift));
}

// Writes a split of `row_count` images of 4 by 4 pixels in MNIST's layout. Row r
// has class r modulo 2; the classes differ in every pixel.
inline void WriteTinySplit(const std::string& prefix, int row_count) {
  std::string images("\0\0\x08\x03", 4);
  std::string labels("\0\0\x08\x01", 4);
  for (const int size : {row_count, 4, 4}) AppendBigEndian(size, images);
  AppendBigEndian(row_count, labels);
  for (int row = 0; row < row_count; ++row) {
    images.append(16, row % 2 == 0 ? '\0' : '\xff');
    labels.push_back(static_cast<char>(row % 2));
  }
  WriteFile(prefix + "-images-idx3-ubyte", images);
  WriteFile(prefix + "-labels-idx1-ubyte", labels);
}

// A training of a second or less, on data that this writes below `directory`.
inline worker::v1::Assignment MakeTinyAssignment(const TempDirectory& directory, int epoch_count) {
  WriteTinySplit(directory.Path("sets/tiny/train"), 64);
  WriteTinySplit(directory.Path("sets/tiny/t10k"), 16);
  worker::v1::Assignment assignment;
  v1::Recipe& recipe = *assignment.mutable_recipe();
  recipe.set_name("tiny");
  recipe.mutable_data()->set_dataset("tiny");
  recipe.mutable_data()->set_train_split("train");
  recipe.mutable_data()->set_eval_split("test");
  recipe.mutable_network()->mutable_input()->set_channels(1);
  recipe.mutable_network()->mutable_input()->set_height(4);
  recipe.mutable_network()->mutable_input()->set_width(4);
  recipe.mutable_network()->add_layers()->mutable_flatten();
  recipe.mutable_network()->add_layers()->mutable_linear()->set_out_features(10);
  recipe.mutable_loss()->mutable_cross_entropy();
  recipe.mutable_optimizer()->mutable_sgd()->set_learning_rate(0.1);
  recipe.set_epoch_count(epoch_count);
  recipe.set_batch_size(8);
  recipe.mutable_selection()->set_metric(v1::SELECTION_METRIC_ACCURACY);
  assignment.mutable_execution()->set_device("cpu");
  assignment.mutable_execution()->set_thread_count(1);
  assignment.set_datasets_directory(directory.Path("sets"));
  assignment.set_checkpoint_directory(directory.Path("runs/tiny-1/checkpoints"));
  return assignment;
}

}  // namespace traind

#endif  // TRAIND_TESTS_WORKERS_TINY_ASSIGNMENT_H_
