#include "client/trainctl/sweep_flags.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace traind {
namespace {

absl::Status Expected(const char* flag, const char* expected, const std::string& text) {
  return absl::InvalidArgumentError(
      absl::StrCat(flag, ": expected ", expected, ", got `", text, "`"));
}

// Parts the text at commas that are outside of brackets, braces and quotes.
std::vector<std::string> SplitValues(absl::string_view text) {
  std::vector<std::string> values(1);
  int depth = 0;
  char quote = '\0';
  for (const char c : text) {
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      --depth;
    } else if (c == ',' && depth == 0) {
      values.emplace_back();
      continue;
    }
    values.back() += c;
  }
  return values;
}

bool HasEmpty(const std::vector<std::string>& values) {
  for (const std::string& value : values) {
    if (value.empty()) return true;
  }
  return false;
}

// `path=rest` in two; false without a path or a rest.
bool SplitPath(const std::string& text, std::string& path, std::string& rest) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) return false;
  path = text.substr(0, equals);
  rest = text.substr(equals + 1);
  return true;
}

bool ParseDrawRange(absl::string_view text, v1::DrawRange& range) {
  const size_t dots = text.find("..");
  double min = 0;
  double max = 0;
  if (dots == absl::string_view::npos || !absl::SimpleAtod(text.substr(0, dots), &min) ||
      !absl::SimpleAtod(text.substr(dots + 2), &max)) {
    return false;
  }
  range.set_min(min);
  range.set_max(max);
  return true;
}

}  // namespace

absl::StatusOr<v1::GridParameter> ParseGrid(const std::string& text) {
  std::string path;
  std::string rest;
  v1::GridParameter parameter;
  std::vector<std::string> values;
  if (SplitPath(text, path, rest)) values = SplitValues(rest);
  if (values.empty() || HasEmpty(values)) {
    return Expected("--grid", "path=value,value such as optimizer.sgd.learning_rate=0.1,0.2", text);
  }
  parameter.set_path(path);
  for (std::string& value : values) parameter.add_values(std::move(value));
  return parameter;
}

absl::StatusOr<v1::RandomParameter> ParseRandom(const std::string& text) {
  const absl::Status refused =
      Expected("--random", "path=log:1e-4..0.1, path=uniform:0..0.5 or path=choice:32,64", text);
  std::string path;
  std::string rest;
  v1::RandomParameter parameter;
  if (!SplitPath(text, path, rest)) return refused;
  parameter.set_path(path);
  absl::string_view draw = rest;
  if (absl::ConsumePrefix(&draw, "choice:")) {
    std::vector<std::string> values = SplitValues(draw);
    if (HasEmpty(values)) return refused;
    for (std::string& value : values) {
      parameter.mutable_choices()->add_values(std::move(value));
    }
    return parameter;
  }
  parameter.set_whole_numbers(absl::ConsumeSuffix(&draw, ":whole"));
  bool read = false;
  if (absl::ConsumePrefix(&draw, "log:")) {
    read = ParseDrawRange(draw, *parameter.mutable_log_uniform());
  } else if (absl::ConsumePrefix(&draw, "uniform:")) {
    read = ParseDrawRange(draw, *parameter.mutable_uniform());
  }
  if (!read) return refused;
  return parameter;
}

absl::StatusOr<v1::SuccessiveHalving> ParseHalving(const std::string& text) {
  v1::SuccessiveHalving halving;
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  int min_epochs = 0;
  int factor = 0;
  if (parts.size() > 2 || !absl::SimpleAtoi(parts[0], &min_epochs) || min_epochs < 1 ||
      (parts.size() == 2 && (!absl::SimpleAtoi(parts[1], &factor) || factor < 2))) {
    return Expected("--asha",
                    "the epochs of the first rung and a factor of at least 2, such as 1:4", text);
  }
  halving.set_min_epochs(min_epochs);
  halving.set_reduction_factor(factor);
  return halving;
}

}  // namespace traind
