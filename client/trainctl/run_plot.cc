#include "client/trainctl/run_plot.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "client/plot/gnuplot.h"
#include "client/plot/plot_script.h"
#include "client/trainctl/metric_points.h"
#include "client/trainctl/run_follow.h"
#include "client/trainctl/run_names.h"
#include "client/trainctl/time_text.h"
#include "client/trainctl/whole_file.h"

namespace traind {
namespace {

// More than a picture has columns; the extremes stay.
constexpr int kPointsMax = 4000;
constexpr int kMetricsMax = 4;
constexpr int kTextColumnsMin = 40;
constexpr int kTextLinesMin = 12;

PlotAxis AxisOf(const RunPlotChoice& choice) {
  if (choice.x == "epoch") return PlotAxis::kEpoch;
  return choice.x == "time" ? PlotAxis::kTime : PlotAxis::kStep;
}

absl::StatusOr<std::vector<RunMetric>> MetricsOf(const RunPlotChoice& choice) {
  if (choice.metrics.empty() || choice.metrics.size() > kMetricsMax) {
    return absl::InvalidArgumentError(absl::StrCat("--metric: expected 1 to ", kMetricsMax,
                                                   " metrics, got ", choice.metrics.size()));
  }
  std::vector<RunMetric> metrics;
  for (const std::string& name : choice.metrics) {
    absl::StatusOr<RunMetric> metric = FindRunMetric(name);
    if (!metric.ok()) return metric.status();
    metrics.push_back(*std::move(metric));
  }
  return metrics;
}

// The events of the run that the metrics need.
absl::StatusOr<MetricPoints> ReadPoints(const v1::Run& run, const std::vector<RunMetric>& metrics,
                                        PlotAxis axis, Session& session) {
  const auto& start = run.has_start_time() ? run.start_time() : run.create_time();
  MetricPoints points(metrics, axis, ToTime(start));
  v1::StreamMetricsRequest request = EventsOf(run);
  request.set_max_points(kPointsMax);
  request.add_kinds(v1::EVENT_KIND_EPOCH_FINISHED);
  const bool steps = std::any_of(metrics.begin(), metrics.end(), [](const RunMetric& metric) {
    return metric.kind == v1::EVENT_KIND_TRAIN_STEP;
  });
  if (steps) {
    request.add_kinds(v1::EVENT_KIND_TRAIN_STEP);
    request.add_kinds(v1::EVENT_KIND_EPOCH_STARTED);
  }
  const absl::Status status = session.client.ReadEvents(request, points, session.environment.stop);
  if (!status.ok()) return status;
  return points;
}

// Seconds where they are few, else minutes or hours.
void ScaleTime(Plot& plot) {
  double longest = 0;
  for (const PlotSeries& series : plot.series) {
    for (const PlotPoint& point : series.points) longest = std::max(longest, point.x);
  }
  const bool minutes = longest >= 180;
  const bool hours = longest >= 3 * 3600;
  const double unit = hours ? 3600 : minutes ? 60 : 1;
  for (PlotSeries& series : plot.series) {
    for (PlotPoint& point : series.points) point.x /= unit;
  }
  plot.x_label = absl::StrCat("Time since the run's start [",
                              hours     ? "h"
                              : minutes ? "min"
                                        : "s",
                              "]");
}

// What is within brackets at the end of a label.
std::string UnitOf(const std::string& label) {
  const size_t bracket = label.rfind('[');
  return bracket == std::string::npos ? "" : label.substr(bracket);
}

// One metric in words; several by their names, with their unit if they have one.
std::string YLabel(const std::vector<RunMetric>& metrics) {
  if (metrics.size() == 1) return metrics.front().label;
  std::vector<std::string> names;
  std::string unit = UnitOf(metrics.front().label);
  for (const RunMetric& metric : metrics) {
    names.push_back(metric.name);
    if (UnitOf(metric.label) != unit) unit.clear();
  }
  return absl::StrCat(absl::StrJoin(names, ", "), unit.empty() ? "" : " ", unit);
}

// In the order of the numbers that their names begin with, if all of them do.
void SortByValue(Plot& plot) {
  const auto value = [](const PlotSeries& series) {
    double number = 0;
    const bool valid = absl::SimpleAtod(series.name.substr(0, series.name.find(' ')), &number);
    return std::make_pair(valid, number);
  };
  for (const PlotSeries& series : plot.series) {
    if (!value(series).first) return;
  }
  std::stable_sort(plot.series.begin(), plot.series.end(),
                   [&value](const PlotSeries& a, const PlotSeries& b) {
                     return value(a).second < value(b).second;
                   });
}

absl::Status NoSuchFigure(const RunPlotChoice& choice, const std::set<std::string>& further) {
  std::vector<std::string> names = RunMetricNames();
  names.insert(names.end(), further.begin(), further.end());
  return absl::NotFoundError(absl::StrCat("no run has told a `",
                                          absl::StrJoin(choice.metrics, "`, `"),
                                          "` yet; metrics are: ", absl::StrJoin(names, ", ")));
}

std::string FileOfRun(const std::string& file, const std::string& run_id) {
  const std::filesystem::path path(file);
  const std::string name =
      absl::StrCat(path.stem().string(), "-", run_id, path.extension().string());
  return (path.parent_path() / name).string();
}

PlotCanvas CanvasFor(const std::string& file, const Terminal& terminal) {
  if (absl::EndsWithIgnoreCase(file, ".png")) {
    return {.format = PlotFormat::kPng, .width = 1200, .height = 750};
  }
  if (!file.empty()) return {.format = PlotFormat::kSvg, .width = 960, .height = 600};
  // The last column stays free, since some terminals break the line there; the last line is the
  // prompt's.
  return {.format = PlotFormat::kText,
          .width = std::max(terminal.columns() - 1, kTextColumnsMin),
          .height = std::max(terminal.rows() - 2, kTextLinesMin),
          .colour = terminal.colour};
}

absl::Status Draw(const std::vector<v1::Run>& runs, const RunPlotChoice& choice, Session& session) {
  const absl::StatusOr<Plot> plot = PlotOfRuns(runs, choice, session);
  if (!plot.ok()) return plot.status();
  const PlotCanvas canvas = CanvasFor(choice.file, session.environment.terminal);
  const absl::StatusOr<std::string> picture =
      Gnuplot().Draw(PlotScript(*plot, canvas), session.environment.stop);
  if (!picture.ok()) return picture.status();
  if (choice.file.empty()) {
    // gnuplot begins a text with a new page.
    session.out() << absl::StripPrefix(*picture, "\f")
                  << (absl::EndsWith(*picture, "\n") ? "" : "\n");
    return absl::OkStatus();
  }
  const absl::StatusOr<std::unique_ptr<WholeFile>> file = WholeFile::Create(choice.file);
  if (!file.ok()) return file.status();
  (*file)->stream() << *picture;
  return (*file)->Commit();
}

}  // namespace

void AddRunPlotFlags(CLI::App& command, RunPlotChoice& choice) {
  command
      .add_option("--metric", choice.metrics,
                  "What to draw: accuracy, loss, train_loss, eval_loss, learning_rate or another "
                  "figure of a run")
      ->type_name("NAME,...")
      ->delimiter(',')
      ->take_all()
      ->expected(1)
      ->default_str("loss");
  command.add_option("--x", choice.x, "What to draw it over")
      ->check(CLI::IsMember({"step", "epoch", "time"}))
      ->type_name("AXIS")
      ->capture_default_str();
  command.add_flag("--log-y", choice.logarithmic_y, "The metric's axis is logarithmic");
}

absl::Status CheckRunPlot(const RunPlotChoice& choice) {
  if (absl::Status status = MetricsOf(choice).status(); !status.ok()) return status;
  if (choice.each && choice.file.empty()) {
    return absl::InvalidArgumentError("--each: expected -o FILE, which names the files");
  }
  if (choice.file.empty() || absl::EndsWithIgnoreCase(choice.file, ".svg") ||
      absl::EndsWithIgnoreCase(choice.file, ".png")) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "expected the name of a picture that ends with .svg or .png, got `", choice.file, "`"));
}

absl::StatusOr<Plot> PlotOfRuns(const std::vector<v1::Run>& runs, const RunPlotChoice& choice,
                                Session& session) {
  const absl::StatusOr<std::vector<RunMetric>> metrics = MetricsOf(choice);
  if (!metrics.ok()) return metrics.status();
  const size_t count = runs.size() * metrics->size();
  if (count > kPlotSeriesMax) {
    return absl::InvalidArgumentError(absl::StrCat("expected at most ", kPlotSeriesMax,
                                                   " lines in one picture, got ", count,
                                                   "; name fewer runs"));
  }
  const RunNames names = NameRuns(runs);
  Plot plot{.title = choice.title,
            .x_label = choice.x == "epoch" ? "Epoch" : "Step",
            .y_label = YLabel(*metrics),
            .legend_title = names.title,
            .logarithmic_y = choice.logarithmic_y,
            .whole_x = choice.x == "epoch",
            .series = {}};
  if (plot.title.empty() && runs.size() == 1) plot.title = runs.front().id();
  std::set<std::string> further;
  for (size_t run = 0; run < runs.size(); ++run) {
    const absl::StatusOr<MetricPoints> points =
        ReadPoints(runs[run], *metrics, AxisOf(choice), session);
    if (!points.ok()) return points.status();
    further.insert(points->further_names().begin(), points->further_names().end());
    for (size_t i = 0; i < metrics->size(); ++i) {
      const RunMetric& metric = (*metrics)[i];
      std::string name = runs.size() == 1 ? "" : names.names[run];
      if (metrics->size() > 1) absl::StrAppend(&name, name.empty() ? "" : " ", metric.name);
      // A run's metrics have one colour.
      PlotSeries series{
          .name = std::move(name),
          .points = points->points(i),
          .family = metrics->size() > 1 && runs.size() > 1 ? static_cast<int>(run) : -1,
          .member = runs.size() > 1 ? static_cast<int>(i) : 0};
      if (series.points.empty()) {
        session.err() << runs[run].id() << " has told no " << metric.name << " yet\n";
      } else {
        plot.series.push_back(std::move(series));
      }
    }
  }
  if (plot.series.empty()) return NoSuchFigure(choice, further);
  if (AxisOf(choice) == PlotAxis::kTime) ScaleTime(plot);
  if (!plot.legend_title.empty()) SortByValue(plot);
  return plot;
}

absl::Status DrawRuns(const std::vector<v1::Run>& runs, const RunPlotChoice& choice,
                      Session& session) {
  if (!choice.each) return Draw(runs, choice, session);
  for (const v1::Run& run : runs) {
    RunPlotChoice own = choice;
    own.each = false;
    own.file = FileOfRun(choice.file, run.id());
    if (absl::Status status = Draw({run}, own, session); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace traind
