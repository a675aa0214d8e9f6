#include "server/datasets/stored_split.h"

#include <bit>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/safetensors.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are stored as in memory");

template <typename Value>
absl::string_view Bytes(const std::vector<Value>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value)};
}

template <typename Value>
std::vector<Value> Values(absl::string_view bytes) {
  std::vector<Value> values(bytes.size() / sizeof(Value));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(Value));
  return values;
}

absl::string_view TypeName(ElementType type) {
  if (type == ElementType::kUint8) return "U8";
  return type == ElementType::kFloat32 ? "F32" : "F64";
}

absl::Status DamagedSplit(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("expected the tensors x and y of a split, ", what));
}

// A split in its file.
struct SplitView {
  SplitShape shape;
  absl::string_view rows;
  absl::string_view answers;  // labels or targets
};

absl::Status ViewRows(const SafetensorsEntry& x, SplitView& view) {
  bool known = false;
  for (const ElementType type :
       {ElementType::kUint8, ElementType::kFloat32, ElementType::kFloat64}) {
    if (x.data_type != TypeName(type)) continue;
    view.shape.element_type = type;
    known = true;
  }
  if (!known) return DamagedSplit(absl::StrCat("x is ", x.data_type));
  if (x.shape.size() < 2 || x.shape.size() > 4) {
    return DamagedSplit(absl::StrCat("x has ", x.shape.size(), " dimensions"));
  }
  for (const int64_t size : x.shape) {
    if (size < 1) return DamagedSplit(absl::StrCat("x has a size of ", size));
  }
  view.shape.row_count = x.shape.front();
  view.shape.row_shape.assign(x.shape.begin() + 1, x.shape.end());
  view.rows = x.bytes;
  return absl::OkStatus();
}

absl::Status ViewAnswers(const SafetensorsEntry& y, SplitView& view) {
  if (y.shape.empty() || y.shape.front() != view.shape.row_count) {
    return DamagedSplit(absl::StrCat("y is not of ", view.shape.row_count, " rows"));
  }
  view.answers = y.bytes;
  if (y.data_type == "I64" && y.shape.size() == 1) return absl::OkStatus();
  if (y.data_type == "F64" && y.shape.size() == 2 && y.shape[1] > 0) {
    view.shape.target_count = y.shape[1];
    return absl::OkStatus();
  }
  return DamagedSplit(absl::StrCat("y is ", y.data_type, " with ", y.shape.size(), " dimensions"));
}

absl::StatusOr<SplitView> ViewOf(absl::string_view file) {
  ASSIGN_OR_RETURN(const std::vector<SafetensorsEntry> entries, ReadSafetensors(file));
  const SafetensorsEntry* x = nullptr;
  const SafetensorsEntry* y = nullptr;
  for (const SafetensorsEntry& entry : entries) {
    if (entry.name == "x") x = &entry;
    if (entry.name == "y") y = &entry;
  }
  if (x == nullptr || y == nullptr)
    return DamagedSplit(x == nullptr ? "x is absent" : "y is absent");
  SplitView view;
  RETURN_IF_ERROR(ViewRows(*x, view));
  RETURN_IF_ERROR(ViewAnswers(*y, view));
  return view;
}

absl::Status TakeAnswers(const SplitView& view, absl::string_view bytes, Split& split) {
  if (view.shape.target_count > 0) {
    split.targets = Values<double>(bytes);
    return absl::OkStatus();
  }
  split.labels = Values<int64_t>(bytes);
  for (const int64_t label : split.labels) {
    if (label < 0) return DamagedSplit(absl::StrCat("y has the label ", label));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> EncodeSplit(const Split& split) {
  const SplitShape& shape = split.shape;
  std::vector<int64_t> sizes = {shape.row_count};
  sizes.insert(sizes.end(), shape.row_shape.begin(), shape.row_shape.end());
  SafetensorsEntry x{"x", std::string(TypeName(shape.element_type)), std::move(sizes),
                     Bytes(split.values)};
  SafetensorsEntry y{"y", "I64", {shape.row_count}, Bytes(split.labels)};
  if (shape.target_count > 0) {
    y = {"y", "F64", {shape.row_count, shape.target_count}, Bytes(split.targets)};
  }
  return WriteSafetensors({std::move(x), std::move(y)});
}

absl::StatusOr<Split> DecodeSplit(absl::string_view file) {
  ASSIGN_OR_RETURN(const SplitView view, ViewOf(file));
  Split split;
  split.shape = view.shape;
  split.values = Values<uint8_t>(view.rows);
  RETURN_IF_ERROR(TakeAnswers(view, view.answers, split));
  return split;
}

absl::StatusOr<Split> DecodeRows(absl::string_view file, absl::Span<const int64_t> rows) {
  ASSIGN_OR_RETURN(const SplitView view, ViewOf(file));
  const size_t row_bytes = view.rows.size() / static_cast<size_t>(view.shape.row_count);
  const size_t answer_bytes = view.answers.size() / static_cast<size_t>(view.shape.row_count);
  Split split;
  split.shape = view.shape;
  split.shape.row_count = static_cast<int64_t>(rows.size());
  std::string answers;
  for (const int64_t row : rows) {
    if (row < 0 || row >= view.shape.row_count) {
      return absl::OutOfRangeError(
          absl::StrCat("expected rows 0 to ", view.shape.row_count - 1, ", got ", row));
    }
    const auto index = static_cast<size_t>(row);
    const absl::string_view bytes = view.rows.substr(index * row_bytes, row_bytes);
    split.values.insert(split.values.end(), bytes.begin(), bytes.end());
    absl::StrAppend(&answers, view.answers.substr(index * answer_bytes, answer_bytes));
  }
  RETURN_IF_ERROR(TakeAnswers(view, answers, split));
  return split;
}

}  // namespace traind
