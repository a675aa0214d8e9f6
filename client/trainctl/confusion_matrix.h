#ifndef TRAIND_CLIENT_TRAINCTL_CONFUSION_MATRIX_H_
#define TRAIND_CLIENT_TRAINCTL_CONFUSION_MATRIX_H_

#include <cstdint>
#include <string>
#include <vector>

#include "client/trainctl/predict_result.h"

namespace traind {

// Rows counted by their class and the class that they were given. Not thread-safe.
class ConfusionMatrix {
 public:
  // At least one class.
  explicit ConfusionMatrix(int class_count);

  // Both are classes of the matrix.
  void Add(int64_t true_class, int64_t predicted_class);

  int class_count() const { return class_count_; }
  int64_t count(int true_class, int predicted_class) const;
  int64_t row_count() const { return row_count_; }
  int64_t right_count() const;

  // A row for each class with what it was taken for, its recall at the end and the
  // precision of each class below, all in at most `columns`. Where that is too
  // narrow, the pairs that are mixed up most. Classes go by `names`, those without one by
  // their number; above the columns numbers stand for names that take too much room.
  std::string Text(int columns, const ClassNames& names) const;

 private:
  // Columns of the table, with names of this many letters beside it.
  int TableWidth(int longest_name, int cell_width) const;
  std::string PairsText(const ClassNames& names) const;

  int class_count_;
  int64_t row_count_ = 0;
  std::vector<int64_t> counts_;  // row-major: the class it is, then the class it was given
};

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_CONFUSION_MATRIX_H_
