#include "client/trainctl/sweep_plot.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/plot/plot.h"
#include "client/trainctl/field_list.h"
#include "client/trainctl/sweep_text.h"

namespace traind {
namespace {

// Of a file's name; what a file system takes is 255 with the ending.
constexpr size_t kNameCharactersMax = 120;
// From so many epochs on their mean losses make a curve, finer than that of the logged steps.
constexpr int kManyEpochs = 50;

// `learning_rate=0.1, seed=7`.
std::string ShortParameters(const v1::Run& run) {
  std::vector<std::string> paths;
  paths.reserve(static_cast<size_t>(run.parameters_size()));
  for (const v1::FieldValue& parameter : run.parameters()) paths.push_back(parameter.path());
  const std::vector<std::string> names = ShortPaths(paths);
  std::vector<std::string> parts;
  parts.reserve(paths.size());
  for (int i = 0; i < run.parameters_size(); ++i) {
    parts.push_back(absl::StrCat(names[static_cast<size_t>(i)], "=", run.parameters(i).value()));
  }
  return absl::StrJoin(parts, ", ");
}

// As a file may be called everywhere.
std::string PlainName(const std::string& text) {
  std::string name;
  for (const char c : text) {
    if (c == ' ') continue;
    name += absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '=' ||
                    c == ',' || c == '-' || c == '+'
                ? c
                : '_';
  }
  return name;
}

// What the run's values make of a name; its id is added where that names no run alone.
std::string NameOfFile(const v1::Run& run, std::set<std::string>& taken) {
  std::string name = PlainName(ShortParameters(run));
  if (name.empty() || name.size() > kNameCharactersMax || taken.contains(name)) {
    name = absl::StrCat(name.substr(0, kNameCharactersMax), name.empty() ? "" : "-", run.id());
  }
  taken.insert(name);
  return name;
}

// With the metric that is drawn where none is named.
SweepPlotChoice WithMetric(SweepPlotChoice choice, int epoch_count) {
  if (choice.plot.metrics.empty()) {
    choice.plot.metrics = {epoch_count < kManyEpochs ? "loss" : "train_loss"};
  }
  return choice;
}

absl::Status DrawEach(const std::vector<v1::Run>& runs, const SweepPlotChoice& choice,
                      Session& session) {
  std::error_code error;
  std::filesystem::create_directories(choice.each_directory, error);
  if (error) {
    return absl::ErrnoToStatus(error.value(),
                               absl::StrCat("cannot make directory ", choice.each_directory));
  }
  std::set<std::string> taken;
  for (const v1::Run& run : runs) {
    RunPlotChoice own = choice.plot;
    own.title = absl::StrCat(ShortParameters(run), " (", run.id(), ")");
    own.file =
        (std::filesystem::path(choice.each_directory) / (NameOfFile(run, taken) + ".svg")).string();
    if (absl::Status status = DrawRuns({run}, own, session); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

void AddSweepPlotFlags(CLI::App& command, SweepPlotChoice& choice) {
  command
      .add_option("--plot", choice.plot.file,
                  "Draw all points into this picture, .svg or .png, once the sweep has ended")
      ->type_name("FILE");
  command
      .add_option("--plot-each", choice.each_directory,
                  "A picture for each point, such as learning_rate=0.1.svg, in this directory")
      ->type_name("DIRECTORY");
  choice.plot.metrics.clear();
  AddRunPlotFlags(command, choice.plot);
}

absl::Status CheckSweepPlot(const SweepPlotChoice& choice) {
  return CheckRunPlot(WithMetric(choice, 1).plot);
}

absl::StatusOr<std::vector<v1::Run>> RunsToDraw(const v1::Sweep& sweep, Session& session) {
  std::vector<const v1::SweepPoint*> points = RankedPoints(sweep);
  std::erase_if(points, [](const v1::SweepPoint* point) { return point->run_id().empty(); });
  if (points.size() > kPlotSeriesMax) {
    session.err() << "the best " << kPlotSeriesMax << " of " << points.size()
                  << " points are drawn\n";
    points.resize(kPlotSeriesMax);
  }
  std::sort(points.begin(), points.end(), [](const v1::SweepPoint* a, const v1::SweepPoint* b) {
    return a->number() < b->number();
  });
  std::vector<v1::Run> runs;
  for (const v1::SweepPoint* point : points) {
    absl::StatusOr<v1::Run> run = session.client.GetRun(point->run_id());
    if (!run.ok()) return run.status();
    runs.push_back(*std::move(run));
  }
  if (!runs.empty()) return runs;
  return absl::NotFoundError(absl::StrCat("no point of ", sweep.id(), " has a run to draw yet"));
}

absl::Status DrawSweep(const v1::Sweep& sweep, const SweepPlotChoice& choice, Session& session) {
  const SweepPlotChoice measured = WithMetric(choice, sweep.recipe().epoch_count());
  const absl::StatusOr<std::vector<v1::Run>> runs = RunsToDraw(sweep, session);
  if (!runs.ok()) return runs.status();
  if (!measured.plot.file.empty()) {
    RunPlotChoice plot = measured.plot;
    plot.title = sweep.id();
    if (absl::Status status = DrawRuns(*runs, plot, session); !status.ok()) return status;
  }
  return measured.each_directory.empty() ? absl::OkStatus() : DrawEach(*runs, measured, session);
}

}  // namespace traind
