#include "server/datasets/row_partition.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/datasets/dataset_name.h"

namespace traind {
namespace {

constexpr int kSplitsMax = 20;
constexpr double kSumTolerance = 1e-6;

// A number below `bound`, each as likely (Lemire, "Fast Random Integer Generation in an
// Interval", 2019). The standard library's own differs between implementations.
uint64_t Below(uint64_t bound, std::mt19937_64& engine) {
  __extension__ using Wide = unsigned __int128;
  Wide product = Wide{engine()} * bound;
  if (static_cast<uint64_t>(product) < bound) {
    const uint64_t threshold = -bound % bound;
    while (static_cast<uint64_t>(product) < threshold) product = Wide{engine()} * bound;
  }
  return static_cast<uint64_t>(product >> 64);
}

void Shuffle(std::vector<int64_t>& rows, std::mt19937_64& engine) {
  for (size_t left = rows.size(); left > 1; --left) {
    std::swap(rows[left - 1], rows[static_cast<size_t>(Below(left, engine))]);
  }
}

// Rows that are dealt out together: those of each class, or all.
std::vector<std::vector<int64_t>> Groups(int64_t row_count, absl::Span<const int64_t> labels) {
  if (labels.empty()) {
    std::vector<int64_t> all(static_cast<size_t>(row_count));
    std::iota(all.begin(), all.end(), 0);
    return {std::move(all)};
  }
  std::map<int64_t, std::vector<int64_t>> by_class;
  for (size_t row = 0; row < labels.size(); ++row) {
    by_class[labels[row]].push_back(static_cast<int64_t>(row));
  }
  std::vector<std::vector<int64_t>> groups;
  groups.reserve(by_class.size());
  for (auto& [label, rows] : by_class) groups.push_back(std::move(rows));
  return groups;
}

template <typename Value>
void CopyRow(const std::vector<Value>& from, int64_t row, int64_t row_size,
             std::vector<Value>& to) {
  to.insert(to.end(), from.begin() + row * row_size, from.begin() + (row + 1) * row_size);
}

}  // namespace

absl::StatusOr<std::vector<v1::SplitShare>> SharesOf(const v1::DatasetSource& source) {
  std::vector<v1::SplitShare> shares(source.splits().begin(), source.splits().end());
  if (shares.empty()) {
    shares.resize(2);
    shares[0].set_name("train");
    shares[0].set_fraction(0.8);
    shares[1].set_name("test");
    shares[1].set_fraction(0.2);
  }
  if (shares.size() > kSplitsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("splits: expected at most ", kSplitsMax, ", got ", shares.size()));
  }
  double sum = 0;
  std::set<std::string> names;
  for (const v1::SplitShare& share : shares) {
    RETURN_IF_ERROR(CheckDatasetName("split", share.name()));
    if (!names.insert(share.name()).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("splits: expected different names, got ", share.name(), " twice"));
    }
    if (!(share.fraction() > 0 && share.fraction() <= 1)) {
      return absl::InvalidArgumentError(absl::StrCat("splits: expected a share in (0, 1] for ",
                                                     share.name(), ", got ", share.fraction()));
    }
    sum += share.fraction();
  }
  if (std::abs(sum - 1) > kSumTolerance) {
    return absl::InvalidArgumentError(
        absl::StrCat("splits: expected shares that are 1 together, got ", sum));
  }
  return shares;
}

absl::StatusOr<std::vector<std::vector<int64_t>>> PartitionRows(
    int64_t row_count, absl::Span<const int64_t> labels, absl::Span<const v1::SplitShare> shares,
    const v1::DatasetSource& source) {
  std::mt19937_64 engine(static_cast<uint64_t>(source.seed()));
  std::vector<std::vector<int64_t>> parts(shares.size());
  if (source.unstratified()) labels = {};
  // Rounded by what all rows so far should give, so that many small classes do not add up
  // their errors.
  std::vector<double> due(shares.size(), 0);
  for (std::vector<int64_t>& rows : Groups(row_count, labels)) {
    Shuffle(rows, engine);
    size_t begin = 0;
    double cumulative = 0;
    for (size_t part = 0; part < shares.size(); ++part) {
      cumulative += shares[part].fraction();
      const double bound = static_cast<double>(rows.size()) * cumulative + due[part];
      const size_t end = part + 1 == shares.size()
                             ? rows.size()
                             : std::clamp(static_cast<size_t>(std::lround(std::max(bound, 0.0))),
                                          begin, rows.size());
      due[part] = bound - static_cast<double>(end);
      parts[part].insert(parts[part].end(), rows.begin() + begin, rows.begin() + end);
      begin = end;
    }
  }
  for (size_t part = 0; part < shares.size(); ++part) {
    if (parts[part].empty()) {
      return absl::InvalidArgumentError(absl::StrCat("splits: expected a row for each, ", row_count,
                                                     " rows leave none for ", shares[part].name()));
    }
    std::sort(parts[part].begin(), parts[part].end());
  }
  return parts;
}

Split SelectRows(const Split& split, absl::Span<const int64_t> rows) {
  Split selected;
  selected.shape = split.shape;
  selected.shape.row_count = static_cast<int64_t>(rows.size());
  const int64_t row_bytes = split.shape.row_values() * ElementBytes(split.shape.element_type);
  selected.values.reserve(rows.size() * static_cast<size_t>(row_bytes));
  for (const int64_t row : rows) {
    CopyRow(split.values, row, row_bytes, selected.values);
    if (split.shape.target_count == 0) CopyRow(split.labels, row, 1, selected.labels);
    if (split.shape.target_count > 0) {
      CopyRow(split.targets, row, split.shape.target_count, selected.targets);
    }
  }
  return selected;
}

absl::StatusOr<std::map<std::string, Split>> CutSplit(const Split& whole,
                                                      const v1::DatasetSource& source) {
  ASSIGN_OR_RETURN(const std::vector<v1::SplitShare> shares, SharesOf(source));
  ASSIGN_OR_RETURN(const std::vector<std::vector<int64_t>> parts,
                   PartitionRows(whole.shape.row_count, whole.labels, shares, source));
  std::map<std::string, Split> splits;
  for (size_t part = 0; part < shares.size(); ++part) {
    splits.emplace(shares[part].name(), SelectRows(whole, parts[part]));
  }
  return splits;
}

}  // namespace traind
