#include "server/run_log.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/event_line.h"
#include "server/logging.h"

namespace traind {
namespace {

std::string StateText(v1::RunState state) {
  return absl::AsciiStrToLower(absl::StripPrefix(v1::RunState_Name(state), "RUN_STATE_"));
}

void LogState(const v1::Run& run, const v1::StateChanged& change) {
  if (change.to() == v1::RUN_STATE_FAILED) {
    const std::string failure_class = v1::FailureClass_Name(change.error().failure_class());
    Log(LogLevel::kWarning, "run failed",
        {{"run", run.id()},
         {"class", absl::AsciiStrToLower(absl::StripPrefix(failure_class, "FAILURE_CLASS_"))},
         {"error", change.error().message()}});
    return;
  }
  Log(LogLevel::kInfo, "run changed state",
      {{"run", run.id()},
       {"from", StateText(change.from())},
       {"to", StateText(change.to())},
       {"reason", change.reason()}});
}

}  // namespace

void RunLog::OnDeleted(absl::string_view run_id) {
  Log(LogLevel::kInfo, "run deleted", {{"run", std::string(run_id)}});
}

void RunLog::OnEvent(const v1::Run& run, const v1::Event& event) {
  if (!begun_) return;
  switch (event.payload_case()) {
    case v1::Event::kStateChanged:
      return LogState(run, event.state_changed());
    case v1::Event::kEpochFinished:
      return LogEpoch(event.epoch_finished(), run.recipe().epoch_count(), {{"run", run.id()}});
    case v1::Event::kModelPublished:
      return Log(LogLevel::kInfo, "model published",
                 {{"run", run.id()},
                  {"model", event.model_published().model()},
                  {"version", absl::StrCat(event.model_published().version())}});
    case v1::Event::kMessage:
      return LogRunMessage(event.message(), {{"run", run.id()}});
    default:
      return;
  }
}

}  // namespace traind
