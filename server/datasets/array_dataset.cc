#include "server/datasets/array_dataset.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "server/base/quoted_text.h"
#include "server/base/status_macros.h"
#include "server/datasets/dataset_name.h"
#include "server/datasets/row_partition.h"

namespace traind {
namespace {

constexpr int64_t kClassesMax = 100'000;
constexpr size_t kRowDimensionsMax = 3;

// What an array is for, by its name; the split is empty when the name has none.
struct Purpose {
  bool is_input = false;
  std::string split;
};

// Inputs and answers of one split.
struct Pair {
  const NamedArray* x = nullptr;
  const NamedArray* y = nullptr;
};

std::optional<bool> IsInputName(absl::string_view name) {
  for (const absl::string_view input : {"x", "data", "images", "features"}) {
    if (name == input) return true;
  }
  for (const absl::string_view answer : {"y", "label", "labels", "target", "targets"}) {
    if (name == answer) return false;
  }
  return std::nullopt;
}

absl::Status InArray(const NamedArray& array, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(array.from, ": ", what));
}

absl::StatusOr<Purpose> PurposeOf(const NamedArray& array) {
  const std::string name = absl::AsciiStrToLower(array.name);
  if (const auto whole = IsInputName(name)) return Purpose{*whole, ""};
  const size_t first = name.find('_');
  const size_t last = name.rfind('_');
  if (first != std::string::npos) {
    std::string split = array.name.substr(first + 1);
    if (const auto before = IsInputName(name.substr(0, first))) {
      RETURN_IF_ERROR(CheckDatasetName("split", split));
      return Purpose{*before, split};
    }
    split = array.name.substr(0, last);
    if (const auto after = IsInputName(name.substr(last + 1))) {
      RETURN_IF_ERROR(CheckDatasetName("split", split));
      return Purpose{*after, split};
    }
  }
  return InArray(array, "expected arrays named x and y, or x_train, y_train, x_test, y_test, got " +
                            QuotedText(array.name));
}

// Files that hold several arrays and are named for a split when there are several of them.
std::set<std::string> Collections(const std::vector<NamedArray>& arrays) {
  std::set<std::string> files;
  for (const NamedArray& array : arrays) {
    if (!absl::EndsWithIgnoreCase(array.file, ".npy")) files.insert(array.file);
  }
  return files;
}

absl::StatusOr<std::map<std::string, Pair>> PairUp(const std::vector<NamedArray>& arrays) {
  const std::set<std::string> collections = Collections(arrays);
  std::map<std::string, Pair> pairs;
  for (const NamedArray& array : arrays) {
    ASSIGN_OR_RETURN(Purpose purpose, PurposeOf(array));
    if (purpose.split.empty() && collections.size() > 1 && collections.contains(array.file)) {
      purpose.split = std::filesystem::path(array.file).stem().string();
      RETURN_IF_ERROR(CheckDatasetName("split", purpose.split));
    }
    Pair& pair = pairs[purpose.split];
    const NamedArray*& place = purpose.is_input ? pair.x : pair.y;
    if (place != nullptr)
      return InArray(array, absl::StrCat("is there twice, also as ", place->from));
    place = &array;
  }
  for (const auto& [split, pair] : pairs) {
    const std::string of = split.empty() ? "" : absl::StrCat(" of the split ", split);
    if (pair.x == nullptr)
      return InArray(*pair.y, absl::StrCat("expected the inputs x", of, " too"));
    if (pair.y == nullptr) {
      return InArray(*pair.x, absl::StrCat("expected y", of, ", what is to be predicted, too"));
    }
    if (split.empty() && pairs.size() > 1) {
      return InArray(*pair.x, "expected every array with a split in its name, or none");
    }
  }
  if (pairs.empty()) return absl::InvalidArgumentError("expected arrays x and y, got none");
  return pairs;
}

bool IsChannelCount(int64_t size) { return size == 1 || size == 3 || size == 4; }

// [N, H, W, C] to [N, C, H, W].
std::vector<uint8_t> ChannelsFirst(const std::vector<uint8_t>& bytes, int64_t row_count,
                                   int64_t places, int64_t channels) {
  std::vector<uint8_t> result(bytes.size());
  const uint8_t* from = bytes.data();
  for (int64_t row = 0; row < row_count; ++row) {
    uint8_t* const target = result.data() + row * places * channels;
    for (int64_t place = 0; place < places; ++place) {
      for (int64_t c = 0; c < channels; ++c) target[c * places + place] = *from++;
    }
  }
  return result;
}

// The shape of pixels as networks take them.
void ArrangePixels(Split& split) {
  std::vector<int64_t>& shape = split.shape.row_shape;
  if (shape.size() == 2) shape.insert(shape.begin(), 1);
  if (shape.size() != 3 || !IsChannelCount(shape[2]) || IsChannelCount(shape[0])) return;
  split.values = ChannelsFirst(split.values, split.shape.row_count, shape[0] * shape[1], shape[2]);
  shape = {shape[2], shape[0], shape[1]};
}

template <typename Value>
absl::Status TakeNumbers(const NamedArray& x, const std::vector<double>& numbers, Split& split) {
  const int64_t row_values = split.shape.row_values();
  std::vector<Value> values(numbers.size());
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (!std::isfinite(numbers[i])) {
      return InArray(x, absl::StrCat("row ", static_cast<int64_t>(i) / row_values,
                                     ": expected finite numbers, got ", numbers[i]));
    }
    values[i] = static_cast<Value>(numbers[i]);
  }
  const auto* const bytes = reinterpret_cast<const uint8_t*>(values.data());
  split.values.assign(bytes, bytes + values.size() * sizeof(Value));
  return absl::OkStatus();
}

absl::Status TakeInputs(const NamedArray& x, Split& split) {
  if (x.shape.empty() || x.shape.size() > kRowDimensionsMax + 1) {
    return InArray(x, absl::StrCat("expected rows of 1 to 3 dimensions, got the shape [",
                                   absl::StrJoin(x.shape, ", "), "]"));
  }
  if (std::any_of(x.shape.begin(), x.shape.end(), [](int64_t size) { return size < 1; })) {
    return InArray(x, absl::StrCat("expected at least one row and value, got the shape [",
                                   absl::StrJoin(x.shape, ", "), "]"));
  }
  split.shape.row_count = x.shape.front();
  split.shape.row_shape.assign(x.shape.begin() + 1, x.shape.end());
  if (split.shape.row_shape.empty()) split.shape.row_shape = {1};
  if (x.type == NumberType::kUint8) {
    split.values = x.bytes;
    ArrangePixels(split);
    return absl::OkStatus();
  }
  // Whole numbers of 16 bits and fewer are exact in 32-bit floating point.
  const bool narrow = x.type == NumberType::kFloat32 || NumberBytes(x.type) <= 2;
  split.shape.element_type = narrow ? ElementType::kFloat32 : ElementType::kFloat64;
  const std::vector<double> numbers = ToDoubles(x);
  return narrow ? TakeNumbers<float>(x, numbers, split) : TakeNumbers<double>(x, numbers, split);
}

absl::Status TakeLabels(const NamedArray& y, const std::vector<double>& numbers, Split& split) {
  for (size_t row = 0; row < numbers.size(); ++row) {
    if (numbers[row] < 0 || numbers[row] >= kClassesMax) {
      return InArray(
          y, absl::StrCat("row ", row, ": expected a class from 0 to ", kClassesMax - 1, ", got ",
                          numbers[row], "; numbers to predict are stored as floats"));
    }
    split.labels.push_back(static_cast<int64_t>(numbers[row]));
  }
  return absl::OkStatus();
}

absl::Status TakeTargets(const NamedArray& y, std::vector<double> numbers, Split& split) {
  const int64_t count = y.shape.size() == 1 ? 1 : y.shape[1];
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (std::isfinite(numbers[i])) continue;
    return InArray(y, absl::StrCat("row ", static_cast<int64_t>(i) / count,
                                   ": expected finite numbers, got ", numbers[i]));
  }
  split.shape.target_count = count;
  split.targets = std::move(numbers);
  return absl::OkStatus();
}

absl::Status TakeArrayAnswers(const NamedArray& y, Split& split) {
  if (y.shape.empty() || y.shape.size() > 2 || y.shape.front() != split.shape.row_count ||
      y.shape.back() < 1) {
    return InArray(
        y, absl::StrCat("expected [", split.shape.row_count, "] or [", split.shape.row_count,
                        ", T], one row for each of x, got [", absl::StrJoin(y.shape, ", "), "]"));
  }
  const bool one = y.shape.size() == 1 || y.shape[1] == 1;
  std::vector<double> numbers = ToDoubles(y);
  if (IsWhole(y.type) && one) return TakeLabels(y, numbers, split);
  return TakeTargets(y, std::move(numbers), split);
}

absl::StatusOr<Split> MakeSplit(const Pair& pair) {
  Split split;
  RETURN_IF_ERROR(TakeInputs(*pair.x, split));
  RETURN_IF_ERROR(TakeArrayAnswers(*pair.y, split));
  return split;
}

}  // namespace

absl::StatusOr<DatasetContent> MakeArrayDataset(std::vector<NamedArray> arrays,
                                                const v1::DatasetSource& source) {
  ASSIGN_OR_RETURN(const auto pairs, PairUp(arrays));
  DatasetContent content;
  if (pairs.size() == 1 && pairs.begin()->first.empty()) {
    ASSIGN_OR_RETURN(const Split whole, MakeSplit(pairs.begin()->second));
    ASSIGN_OR_RETURN(content.splits, CutSplit(whole, source));
    return content;
  }
  if (source.splits_size() > 0) {
    return absl::InvalidArgumentError(
        "splits: expected none for arrays that have their splits in their names");
  }
  for (const auto& [split, pair] : pairs) {
    ASSIGN_OR_RETURN(content.splits[split], MakeSplit(pair));
  }
  return content;
}

}  // namespace traind
