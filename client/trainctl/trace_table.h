#ifndef TRAIND_CLIENT_TRAINCTL_TRACE_TABLE_H_
#define TRAIND_CLIENT_TRAINCTL_TRACE_TABLE_H_

#include <memory>
#include <string>
#include <vector>

#include "traind/v1/recipe.pb.h"
#include "traind/v1/trace.pb.h"

namespace traind {

// A trace as a table: a column for each value, a row for each step. Thread-safe.
class TraceTable {
 public:
  virtual ~TraceTable() = default;

  virtual std::vector<std::string> ColumnNames() const = 0;
  // Cells as text, as many as there are columns.
  virtual std::vector<std::string> Cells(const v1::TraceRow& row) const = 0;
};

// The table that suits a recipe's network. That of the S4 assignment's first part (two inputs,
// two hidden and two output units without bias, sigmoids, half the sum of squares, batches of
// one) has the assignment's columns: i1, i2, t1, t2, w1 to w8, h1, h2, a_h1, a_h2, o1, o2,
// a_o1, a_o2, E1, E2, E_total and ∂E/∂w1 to ∂E/∂w8; E1 and E2 are ½(t - a_o)². Any other has
// step, epoch, samples and loss, then each tensor's values, named by tensor and indexes from 0:
// `inputs[0][1]`, `targets[0]`, `layers.0.weight[1][0]`, `layers.0[0][1]` for what layer 0
// gave, and `gradient.layers.0.weight[1][0]`. Cells of samples that a shorter batch lacks are
// empty.
std::unique_ptr<TraceTable> MakeTraceTable(const v1::Recipe& recipe, const v1::TraceLayout& layout);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_TRACE_TABLE_H_
