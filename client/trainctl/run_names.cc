#include "client/trainctl/run_names.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/trainctl/text_table.h"

namespace traind {
namespace {

constexpr size_t kLegendCharactersMax = 24;

std::string ShortValue(const std::string& value) {
  if (value.empty()) return "none";
  return ShortText(value, kLegendCharactersMax);
}

// Differences that tell runs apart in a legend: what a recipe is called tells nothing of its run.
std::vector<FieldDifference> TellingDifferences(const std::vector<v1::Run>& runs) {
  std::vector<FieldDifference> differences = RunDifferences(runs);
  std::erase_if(differences, [](const FieldDifference& difference) {
    return difference.path == "name" || difference.path == "description";
  });
  return differences;
}

}  // namespace

std::vector<FieldDifference> RunDifferences(const std::vector<v1::Run>& runs) {
  std::vector<std::vector<FieldValue>> lists;
  for (const v1::Run& run : runs) {
    std::vector<FieldValue> fields = ListFields(run.recipe());
    for (FieldValue& field : ListFields(run.execution(), "execution.")) {
      fields.push_back(std::move(field));
    }
    lists.push_back(std::move(fields));
  }
  return FieldDifferences(lists);
}

RunNames NameRuns(const std::vector<v1::Run>& runs, int fields_max) {
  RunNames names;
  std::vector<FieldDifference> differences = TellingDifferences(runs);
  std::vector<std::string> paths;
  paths.reserve(differences.size());
  for (const FieldDifference& difference : differences) paths.push_back(difference.path);
  const std::vector<std::string> fields = ShortPaths(paths);
  if (differences.size() == 1) {
    names.title = fields.front();
    for (size_t i = 0; i < runs.size(); ++i) {
      names.names.push_back(
          absl::StrCat(ShortValue(differences.front().values[i]), " (", runs[i].id(), ")"));
    }
    return names;
  }
  const size_t named = std::min(differences.size(), static_cast<size_t>(fields_max));
  for (size_t i = 0; i < runs.size(); ++i) {
    std::vector<std::string> parts;
    for (size_t field = 0; field < named; ++field) {
      parts.push_back(absl::StrCat(fields[field], "=", ShortValue(differences[field].values[i])));
    }
    names.names.push_back(parts.empty()
                              ? runs[i].id()
                              : absl::StrCat(runs[i].id(), ": ", absl::StrJoin(parts, ", ")));
  }
  return names;
}

}  // namespace traind
