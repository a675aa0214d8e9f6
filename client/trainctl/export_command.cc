#include <iostream>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/trainctl/commands.h"
#include "client/trainctl/event_csv.h"
#include "client/trainctl/event_kinds.h"
#include "client/trainctl/run_follow.h"
#include "client/trainctl/run_metric.h"
#include "client/trainctl/tensorboard_log.h"
#include "client/trainctl/trace_csv.h"
#include "client/trainctl/usage_error.h"
#include "client/trainctl/weights_export.h"
#include "client/trainctl/whole_file.h"

namespace traind {
namespace {

constexpr char kTensorboard[] = "tensorboard";
constexpr char kSafetensors[] = "safetensors";
constexpr char kOnnx[] = "onnx";
constexpr char kModule[] = "module";

struct ExportFlags {
  std::string run_id;  // for weights also a model
  std::string format = "csv";
  std::string file;  // empty: standard output; for tensorboard a folder
  bool follow = false;
  bool events = false;
  std::vector<std::string> kinds;
  int max_points = 0;
};

// Reads the events there are into `out`.
absl::Status WriteEvents(const ExportFlags& flags, const v1::Run& run, Session& session,
                         std::ostream& out) {
  v1::StreamMetricsRequest request = EventsOf(run);
  request.set_max_points(flags.max_points);
  SetKinds(flags.kinds, request);
  std::unique_ptr<RunListener> listener;
  if (flags.format == "csv") {
    listener = std::make_unique<EventCsv>(out, FurtherMetricNames(run.last_epoch()));
  } else {
    listener = MakeJsonLog(out);
  }
  listener = OnlyKinds(flags.kinds, std::move(listener));
  return session.client.ReadEvents(request, *listener, session.environment.stop);
}

// A table of a run with a trace is its trace, unless something is asked of its events.
bool IsOfTrace(const ExportFlags& flags, const v1::Run& run) {
  return run.execution().trace() && flags.format == "csv" && !flags.events && flags.kinds.empty() &&
         flags.max_points == 0;
}

absl::Status WriteText(const ExportFlags& flags, const v1::Run& run, Session& session,
                       std::ostream& out) {
  if (IsOfTrace(flags, run)) return WriteTraceCsv(run, session, out);
  return WriteEvents(flags, run, session, out);
}

absl::StatusOr<int> ExportToTensorboard(const ExportFlags& flags, const v1::Run& run,
                                        Session& session) {
  const absl::StatusOr<std::unique_ptr<TensorboardLog>> log = TensorboardLog::Open(flags.file, run);
  if (!log.ok()) return log.status();
  v1::StreamMetricsRequest request = EventsOf(run);
  request.add_kinds(v1::EVENT_KIND_TRAIN_STEP);
  request.add_kinds(v1::EVENT_KIND_EPOCH_FINISHED);
  const std::stop_token& stop = session.environment.stop;
  absl::Status status = flags.follow ? session.client.FollowRun(request, **log, stop).status()
                                     : session.client.ReadEvents(request, **log, stop);
  // Half an export leaves what a former one has written behind it.
  if (status.ok()) status = (*log)->Finish();
  if (!status.ok()) return status;
  return kExitOk;
}

bool IsOfWeights(const ExportFlags& flags) {
  return flags.format == kSafetensors || flags.format == kOnnx || flags.format == kModule;
}

// A network is layers or a module, and what it can be written as differs.
absl::Status CheckHasFormat(const ExportFlags& flags, const WeightsSource& source) {
  const bool module = source.recipe.network().has_module();
  if (module == (flags.format == kModule)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("--format ", flags.format, ": ", source.name,
                   module ? " is a module, which is written whole: --format module"
                          : " is made of layers: --format safetensors or onnx"));
}

absl::StatusOr<int> ExportWeights(const ExportFlags& flags, Session& session) {
  const absl::StatusOr<WeightsSource> source = FindWeights(flags.run_id, session);
  if (!source.ok()) return source.status();
  if (const absl::Status has = CheckHasFormat(flags, *source); !has.ok()) return has;
  const absl::StatusOr<std::unique_ptr<WholeFile>> file = WholeFile::Create(flags.file);
  if (!file.ok()) return file.status();
  std::ostream& out = (*file)->stream();
  absl::Status status = flags.format == kOnnx ? WriteOnnx(*source, session, out)
                                              : WriteWeights(*source, session, out);
  if (status.ok()) status = (*file)->Commit();
  if (!status.ok()) return status;
  return kExitOk;
}

absl::StatusOr<int> Export(const ExportFlags& flags, Session& session) {
  if (IsOfWeights(flags)) return ExportWeights(flags, session);
  const absl::StatusOr<v1::Run> run = session.client.GetRun(flags.run_id);
  if (!run.ok()) return run.status();
  if (flags.format == kTensorboard) return ExportToTensorboard(flags, *run, session);
  if (flags.file.empty()) {
    const absl::Status status = WriteText(flags, *run, session, session.out());
    if (!status.ok()) return status;
    if (!session.out().flush()) return absl::DataLossError("cannot write to standard output");
    return kExitOk;
  }
  const absl::StatusOr<std::unique_ptr<WholeFile>> file = WholeFile::Create(flags.file);
  if (!file.ok()) return file.status();
  absl::Status status = WriteText(flags, *run, session, (*file)->stream());
  if (status.ok()) status = (*file)->Commit();
  if (!status.ok()) return status;
  return kExitOk;
}

// Whether flags that are about events go with weights.
absl::Status CheckWeightsUsage(const ExportFlags& flags) {
  if (flags.file.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--format ", flags.format, ": expected -o FILE"));
  }
  if (!flags.follow && !flags.events && flags.kinds.empty() && flags.max_points == 0) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "--format ", flags.format, ": expected none of the flags for events, as it has weights"));
}

absl::Status CheckExportUsage(const ExportFlags& flags) {
  if (IsOfWeights(flags)) return CheckWeightsUsage(flags);
  if (flags.format != kTensorboard) {
    if (!flags.follow) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "--follow: expected --format tensorboard; `trainctl logs -f --json` follows as JSON lines");
  }
  if (flags.file.empty()) {
    return absl::InvalidArgumentError("--format tensorboard: expected -o DIR, its log folder");
  }
  if (flags.kinds.empty() && flags.max_points == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "--format tensorboard: expected neither --kinds nor --max-points; it has every figure");
}

}  // namespace

void AddExportCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<ExportFlags>();
  CLI::App* command = app.add_subcommand(
      "export", "Write what a run has told, its trace or its weights, for other programs");
  command
      ->add_option("run", flags->run_id,
                   "Run, such as s4-17; for weights also a model, such as s4 or s4@3")
      ->required()
      ->type_name("RUN");
  command
      ->add_option(
          "--format", flags->format,
          "csv, a table of the events, or the trace of a run that has one, a row for each step; "
          "jsonl, one event a line with all it has; tensorboard, an event file for it; "
          "safetensors, the weights of the best epoch or of a model, for PyTorch and others; "
          "onnx, network and weights, for onnxruntime and others; or module, of a network that is "
          "one, its TorchScript file or AOTInductor package")
      ->check(CLI::IsMember({"csv", "jsonl", kTensorboard, kSafetensors, kOnnx, kModule}))
      ->type_name("FORMAT")
      ->capture_default_str();
  command
      ->add_option("-o,--output", flags->file,
                   "Write there, and only once all is written; else to standard output. For "
                   "tensorboard its log folder, in which the run gets a folder of its own; what "
                   "was exported before is added to")
      ->type_name("FILE");
  command->add_flag("-f,--follow", flags->follow,
                    "Go on until the run is over; with --format tensorboard");
  command->add_flag("--events", flags->events, "The events, also of a run with a trace");
  AddKindsFlag(*command, flags->kinds, "Only events of these kinds");
  command
      ->add_option("--max-points", flags->max_points,
                   "Thin out to about N events of each kind; the extremes stay")
      ->check(CLI::Range(10, std::numeric_limits<int32_t>::max()))
      ->type_name("N");
  command->footer(
      "Examples:\n  trainctl export s4-17 --kinds train_step,epoch_finished -o s4-17.csv\n"
      "  trainctl export s4-17 --format tensorboard -o logs\n"
      "  trainctl export s4@production --format onnx -o s4.onnx\n"
      "  trainctl start --model backprop --trace && trainctl export backprop-1 -o backprop.csv");
  command->callback([&action, flags] {
    RequireUsage(CheckExportUsage(*flags));
    action = [flags](Session& session) { return Export(*flags, session); };
  });
}

}  // namespace traind
