#include "client/trainctl/run_comparison.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/run_state.h"
#include "client/trainctl/json_text.h"
#include "client/trainctl/log_text.h"
#include "client/trainctl/run_metric.h"
#include "client/trainctl/run_names.h"
#include "client/trainctl/run_text.h"
#include "client/trainctl/text_table.h"
#include "client/trainctl/time_text.h"

namespace traind {
namespace {

constexpr size_t kValueCharactersMax = 40;
// Further metrics with a value for each class fill a table of their own.
constexpr size_t kFurtherRowsMax = 40;

std::vector<std::string> Ids(const std::vector<v1::Run>& runs) {
  std::vector<std::string> ids;
  ids.reserve(runs.size());
  for (const v1::Run& run : runs) ids.push_back(run.id());
  return ids;
}

TextTable TableOf(const std::string& first, const std::vector<std::string>& columns) {
  std::vector<std::string> header = {first};
  header.insert(header.end(), columns.begin(), columns.end());
  return TextTable(header);
}

template <typename Cell>
void AddRow(TextTable& table, const std::string& name, const std::vector<v1::Run>& runs,
            const Cell& cell) {
  std::vector<std::string> cells = {name};
  for (const v1::Run& run : runs) cells.push_back(cell(run));
  table.AddRow(std::move(cells));
}

// `cell` of the best epoch, for runs that have one.
template <typename Cell>
void AddEpochRow(TextTable& table, const std::string& name, const std::vector<v1::Run>& runs,
                 const Cell& cell) {
  AddRow(table, name, runs, [&cell](const v1::Run& run) -> std::string {
    return run.has_best_epoch() ? cell(run.best_epoch()) : "";
  });
}

std::string PercentText(std::optional<double> percent) {
  return percent ? absl::StrFormat("%.2f%%", *percent) : "";
}

std::string SampleRateText(const v1::EpochFinished& epoch) {
  if (epoch.train_seconds() <= 0) return "";
  return absl::StrFormat("%.0f",
                         static_cast<double>(epoch.train_sample_count()) / epoch.train_seconds());
}

// Further metrics of any of the runs, in the order in which they come.
std::vector<std::string> FurtherNames(const std::vector<v1::Run>& runs) {
  std::vector<std::string> names;
  for (const v1::Run& run : runs) {
    for (const std::string& name : FurtherMetricNames(run.best_epoch())) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  if (names.size() > kFurtherRowsMax) names.resize(kFurtherRowsMax);
  return names;
}

std::string FurtherFigureText(const std::string& name, const v1::EpochFinished& epoch) {
  const absl::StatusOr<RunMetric> metric = FindRunMetric(name);
  if (!metric.ok()) return "";
  v1::Event event;
  *event.mutable_epoch_finished() = epoch;
  const std::optional<double> value = ValueOf(*metric, event);
  return value ? absl::StrFormat("%.6g", *value) : "";
}

std::string FigureText(const std::vector<v1::Run>& runs, absl::Time now) {
  TextTable table = TableOf("FIGURE", Ids(runs));
  AddRow(table, "state", runs, [](const v1::Run& run) { return RunStateName(run.state()); });
  AddRow(table, "epochs", runs, [](const v1::Run& run) {
    return absl::StrCat(run.epochs_finished(), " of ", run.recipe().epoch_count());
  });
  AddRow(table, "took", runs, [now](const v1::Run& run) { return TookText(run, now); });
  AddRow(table, "published", runs, [](const v1::Run& run) -> std::string {
    if (run.published_version() == 0) return "";
    return absl::StrCat(run.recipe().name(), "@", run.published_version());
  });
  AddEpochRow(table, "best epoch", runs,
              [](const v1::EpochFinished& epoch) { return absl::StrCat(epoch.epoch()); });
  AddEpochRow(table, "accuracy", runs,
              [](const v1::EpochFinished& epoch) { return AccuracyText(epoch); });
  AddEpochRow(table, "eval_loss", runs, [](const v1::EpochFinished& epoch) {
    return absl::StrFormat("%.6g", epoch.eval_loss());
  });
  AddEpochRow(table, "train_accuracy", runs, [](const v1::EpochFinished& epoch) {
    return PercentText(Percent(epoch.train_correct_count(), epoch.train_sample_count()));
  });
  AddEpochRow(table, "train_loss", runs, [](const v1::EpochFinished& epoch) {
    return absl::StrFormat("%.6g", epoch.train_loss());
  });
  for (const std::string& name : FurtherNames(runs)) {
    AddEpochRow(table, name, runs,
                [&name](const v1::EpochFinished& epoch) { return FurtherFigureText(name, epoch); });
  }
  AddEpochRow(table, "training rows/s", runs, SampleRateText);
  return table.Render();
}

}  // namespace

std::string DifferenceText(const std::vector<FieldDifference>& differences,
                           const std::vector<std::string>& columns) {
  if (differences.empty()) return "no field differs\n";
  TextTable table = TableOf("FIELD", columns);
  for (const FieldDifference& difference : differences) {
    std::vector<std::string> cells = {difference.path};
    for (const std::string& value : difference.values)
      cells.push_back(ShortText(value, kValueCharactersMax));
    table.AddRow(std::move(cells));
  }
  return table.Render();
}

std::string ComparisonText(const std::vector<v1::Run>& runs, absl::Time now) {
  return absl::StrCat(DifferenceText(RunDifferences(runs), Ids(runs)), "\n", FigureText(runs, now));
}

std::string ComparisonJson(const std::vector<v1::Run>& runs) {
  nlohmann::ordered_json document;
  document["differences"] = nlohmann::ordered_json::array();
  for (const FieldDifference& difference : RunDifferences(runs)) {
    nlohmann::ordered_json row;
    row["path"] = difference.path;
    row["values"] = difference.values;
    document["differences"].push_back(std::move(row));
  }
  document["runs"] = nlohmann::ordered_json::array();
  for (const v1::Run& run : runs) {
    document["runs"].push_back(nlohmann::ordered_json::parse(JsonLine(run)));
  }
  return document.dump(1);
}

}  // namespace traind
