#include "client/trainctl/run_text.h"

#include <google/protobuf/text_format.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "client/run_state.h"
#include "client/trainctl/log_text.h"
#include "client/trainctl/progress_line.h"
#include "client/trainctl/sweep_text.h"
#include "client/trainctl/text_table.h"
#include "client/trainctl/time_text.h"

namespace traind {
namespace {

std::string MomentText(const google::protobuf::Timestamp& time, absl::Time now) {
  return absl::StrCat(TimeText(time), " (", DurationText(now - ToTime(time)), " ago)");
}

std::string StateText(const v1::Run& run) {
  return absl::StrCat(RunStateName(run.state()), run.state_reason().empty() ? "" : ": ",
                      run.state_reason());
}

std::string ErrorText(const v1::RunError& error) {
  std::string text = FailureClassName(error.failure_class());
  if (error.has_step()) absl::StrAppend(&text, " at step ", error.step());
  return absl::StrCat(text, ": ", error.message());
}

const char* PrecisionText(v1::Precision precision) {
  if (precision == v1::PRECISION_BF16) return "bf16";
  return precision == v1::PRECISION_TF32 ? "tf32" : "fp32";
}

std::string ExecutionText(const v1::Run& run) {
  const v1::Execution& execution = run.execution();
  const std::string device = execution.device().empty() ? "cpu" : execution.device();
  const std::string threads =
      execution.thread_count() > 0 ? absl::StrCat(execution.thread_count()) : "all";
  const char* precision = run.recipe().float64() ? "fp64" : PrecisionText(execution.precision());
  return absl::StrCat(device, ", ", precision, ", threads ", threads, ", priority ",
                      execution.priority(), ", retries ", execution.max_retries());
}

std::string EpochText(const v1::EpochFinished& epoch) {
  std::string accuracy;
  if (!epoch.without_accuracy()) {
    accuracy = absl::StrFormat("accuracy %s (%d/%d), ", AccuracyText(epoch),
                               epoch.eval_correct_count(), epoch.eval_sample_count());
  }
  return absl::StrFormat("epoch %d: %sloss %.4f, train loss %.4f%s", epoch.epoch(), accuracy,
                         epoch.eval_loss(), epoch.train_loss(), ScalarMetricsText(epoch));
}

std::string ProgressText(const v1::Progress& progress) {
  return absl::StrCat("epoch ", progress.epoch(), ": ",
                      ProgressLine({.loss = progress.loss(),
                                    .done = progress.step_in_epoch(),
                                    .total = progress.step_count(),
                                    .elapsed_seconds = progress.elapsed_seconds()},
                                   std::nullopt));
}

std::string AttemptsText(const v1::Run& run) {
  TextTable table({"ATTEMPT", "PID", "STARTED", "ENDED", "HOW"});
  for (const v1::Attempt& attempt : run.attempts()) {
    table.AddRow({absl::StrCat(attempt.number()), absl::StrCat(attempt.pid()),
                  TimeText(attempt.start_time()),
                  attempt.has_end_time() ? TimeText(attempt.end_time()) : "",
                  attempt.end_reason()});
  }
  return table.Render("  ");
}

std::string TransitionsText(const std::vector<v1::Event>& transitions) {
  TextTable table({"TIME", "CHANGE", "REASON"});
  for (const v1::Event& event : transitions) {
    const v1::StateChanged& change = event.state_changed();
    const std::string from =
        change.from() == v1::RUN_STATE_UNSPECIFIED ? "new" : RunStateName(change.from());
    table.AddRow({TimeText(event.time()), absl::StrCat(from, " → ", RunStateName(change.to())),
                  change.reason()});
  }
  return table.Render("  ");
}

std::string RecipeText(const v1::Recipe& recipe) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(recipe, &text);
  absl::StripTrailingAsciiWhitespace(&text);
  return absl::StrCat("  ", absl::StrReplaceAll(text, {{"\n", "\n  "}}), "\n");
}

}  // namespace

std::string RunText(const v1::Run& run, const std::vector<v1::Event>& transitions, absl::Time now) {
  std::string text;
  AddField(text, "Run", run.id());
  AddField(text, "State", StateText(run));
  if (run.has_error()) AddField(text, "Error", ErrorText(run.error()));
  AddField(text, "Description", run.recipe().description());
  AddField(text, "Epochs",
           absl::StrCat(run.epochs_finished(), " of ", run.recipe().epoch_count(), " finished"));
  if (run.has_progress()) AddField(text, "Progress", ProgressText(run.progress()));
  if (run.has_last_epoch()) AddField(text, "Last", EpochText(run.last_epoch()));
  if (run.has_best_epoch()) AddField(text, "Best", EpochText(run.best_epoch()));
  if (run.published_version() > 0) {
    AddField(text, "Published", absl::StrCat(run.recipe().name(), "@", run.published_version()));
  }
  if (!run.sweep_id().empty()) {
    AddField(
        text, "Sweep",
        absl::StrCat(run.sweep_id(), ", point ", run.sweep_point(), ": ", ParametersText(run)));
  }
  AddField(text, "Execution", ExecutionText(run));
  AddField(text, "Created", MomentText(run.create_time(), now));
  if (run.has_start_time()) AddField(text, "Started", MomentText(run.start_time(), now));
  if (run.has_end_time()) {
    AddField(text, "Ended", MomentText(run.end_time(), now));
    if (run.has_start_time()) {
      AddField(text, "Took", DurationText(ToTime(run.end_time()) - ToTime(run.start_time())));
    }
  }
  AddField(text, "Events", absl::StrCat(run.last_sequence()));
  AddField(text, "Request id", run.request_id());
  if (!run.attempts().empty()) absl::StrAppend(&text, "Attempts:\n", AttemptsText(run));
  if (!transitions.empty()) {
    absl::StrAppend(&text, "Transitions:\n", TransitionsText(transitions));
  }
  absl::StrAppend(&text, "Recipe:\n", RecipeText(run.recipe()));
  return text;
}

std::string TookText(const v1::Run& run, absl::Time now) {
  if (!run.has_start_time()) return "";
  const absl::Time end = run.has_end_time() ? ToTime(run.end_time()) : now;
  return DurationText(end - ToTime(run.start_time()));
}

}  // namespace traind
