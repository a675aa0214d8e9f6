#include "server/sweeps/sweep_points.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

// splitmix64, see the header.
class NumberStream {
 public:
  explicit NumberStream(uint64_t state) : state_(state) {}

  // The next number of [0, 1).
  double Next() {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    z ^= z >> 31;
    return static_cast<double>(z >> 11) * 0x1.0p-53;
  }

 private:
  uint64_t state_;
};

// The shortest text that reads back as the same number.
std::string NumberText(double value, bool whole) {
  if (whole) return absl::StrCat(std::llround(value));
  char buffer[32];
  const std::to_chars_result end = std::to_chars(buffer, buffer + sizeof(buffer), value);
  return std::string(buffer, end.ptr);
}

absl::Status Error(absl::string_view list, int place, absl::string_view field,
                   absl::string_view expected, absl::string_view got) {
  return absl::InvalidArgumentError(absl::StrCat("search.", list, "[", place, "].", field,
                                                 ": expected ", expected, ", got ", got));
}

absl::Status CheckPath(absl::string_view list, int place, const std::string& path,
                       std::set<std::string>& seen) {
  if (path.empty()) return Error(list, place, "path", "the path of a recipe's field", "none");
  if (path == "name") {
    return Error(list, place, "path", "a field other than name: a sweep is of one model", path);
  }
  if (!seen.insert(path).second) {
    return Error(list, place, "path", "each path once", absl::StrCat(path, " again"));
  }
  return absl::OkStatus();
}

absl::Status CheckRange(int place, const v1::DrawRange& range, const char* field, bool positive) {
  const bool ordered = std::isfinite(range.min()) && std::isfinite(range.max()) &&
                       range.min() < range.max() && std::isfinite(range.max() - range.min());
  if (ordered && (!positive || range.min() > 0)) return absl::OkStatus();
  return Error("random", place, field,
               positive ? "finite numbers 0 < min < max" : "finite numbers min < max",
               absl::StrCat("min ", range.min(), ", max ", range.max()));
}

absl::Status CheckRandom(int place, const v1::RandomParameter& parameter) {
  switch (parameter.distribution_case()) {
    case v1::RandomParameter::kChoices:
      if (parameter.choices().values_size() > 0) return absl::OkStatus();
      return Error("random", place, "choices", "at least one value", "none");
    case v1::RandomParameter::kUniform:
      return CheckRange(place, parameter.uniform(), "uniform", false);
    case v1::RandomParameter::kLogUniform:
      return CheckRange(place, parameter.log_uniform(), "log_uniform", true);
    default:
      return Error("random", place, "distribution", "one of choices, uniform and log_uniform",
                   "none");
  }
}

std::string Draw(const v1::RandomParameter& parameter, double share) {
  if (parameter.has_choices()) {
    const int count = parameter.choices().values_size();
    return parameter.choices().values(
        std::min(count - 1, static_cast<int>(share * static_cast<double>(count))));
  }
  if (parameter.has_uniform()) {
    const v1::DrawRange& range = parameter.uniform();
    return NumberText(range.min() + share * (range.max() - range.min()), parameter.whole_numbers());
  }
  const v1::DrawRange& range = parameter.log_uniform();
  return NumberText(range.min() * std::pow(range.max() / range.min(), share),
                    parameter.whole_numbers());
}

void AddParameter(const std::string& path, std::string value, v1::SweepPoint& point) {
  v1::FieldValue& parameter = *point.add_parameters();
  parameter.set_path(path);
  parameter.set_value(std::move(value));
}

absl::StatusOr<std::vector<v1::SweepPoint>> GridPoints(const v1::SweepSearch& search,
                                                       int points_max) {
  std::set<std::string> seen;
  int64_t count = 1;
  const int max = search.max_runs() == 0 ? points_max : std::min(points_max, search.max_runs());
  for (int i = 0; i < search.grid_size(); ++i) {
    RETURN_IF_ERROR(CheckPath("grid", i, search.grid(i).path(), seen));
    if (search.grid(i).values().empty()) {
      return Error("grid", i, "values", "at least one value", "none");
    }
    count *= search.grid(i).values_size();
    if (count > max) {
      return absl::InvalidArgumentError(
          absl::StrCat("search.grid: expected at most ", max, " points (max_runs, at most ",
                       points_max, "), got ", count, " or more; leave values out"));
    }
  }
  std::vector<v1::SweepPoint> points(static_cast<size_t>(count));
  for (int64_t n = 0; n < count; ++n) {
    int64_t inner = count;
    for (const v1::GridParameter& parameter : search.grid()) {
      inner /= parameter.values_size();
      const int place = static_cast<int>(n / inner % parameter.values_size());
      AddParameter(parameter.path(), parameter.values(place), points[static_cast<size_t>(n)]);
    }
  }
  return points;
}

absl::StatusOr<std::vector<v1::SweepPoint>> RandomPoints(const v1::SweepSearch& search,
                                                         int points_max) {
  if (search.max_runs() < 1 || search.max_runs() > points_max) {
    return absl::InvalidArgumentError(
        absl::StrCat("search.max_runs: expected the number of random points, 1 to ", points_max,
                     ", got ", search.max_runs()));
  }
  std::vector<v1::SweepPoint> points(static_cast<size_t>(search.max_runs()));
  std::set<std::string> seen;
  for (int i = 0; i < search.random_size(); ++i) {
    const v1::RandomParameter& parameter = search.random(i);
    RETURN_IF_ERROR(CheckPath("random", i, parameter.path(), seen));
    RETURN_IF_ERROR(CheckRandom(i, parameter));
    NumberStream numbers(static_cast<uint64_t>(search.seed()) + (static_cast<uint64_t>(i) << 32));
    for (v1::SweepPoint& point : points) {
      AddParameter(parameter.path(), Draw(parameter, numbers.Next()), point);
    }
  }
  return points;
}

}  // namespace

absl::StatusOr<std::vector<v1::SweepPoint>> ListPoints(const v1::SweepSearch& search,
                                                       int points_max) {
  if (search.max_runs() < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("search.max_runs: expected 0 or more, got ", search.max_runs()));
  }
  if (search.grid().empty() == search.random().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("search: expected either grid or random parameters, got ",
                     search.grid().empty() ? "neither" : "both"));
  }
  absl::StatusOr<std::vector<v1::SweepPoint>> points =
      search.random().empty() ? GridPoints(search, points_max) : RandomPoints(search, points_max);
  RETURN_IF_ERROR(points.status());
  for (size_t i = 0; i < points->size(); ++i) (*points)[i].set_number(static_cast<int>(i) + 1);
  return points;
}

}  // namespace traind
