#include "client/trainctl/run_follow.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/run_state.h"
#include "client/trainctl/json_text.h"
#include "client/trainctl/live_log.h"
#include "client/trainctl/log_text.h"
#include "client/trainctl/plain_log.h"
#include "client/trainctl/time_text.h"

namespace traind {
namespace {

class JsonLog final : public RunListener {
 public:
  explicit JsonLog(std::ostream& out) : out_(out) {}
  void OnEvent(const v1::Event& event) override { out_ << JsonLine(event) << std::endl; }

 private:
  std::ostream& out_;
};

void SayHowToComeBack(const Session& session, const std::string& run_id) {
  session.err() << "detached: run " << run_id << " goes on; come back with `trainctl logs -f "
                << run_id << "`, wait for its end with `trainctl wait " << run_id
                << "`, stop it with `trainctl cancel " << run_id << "`\n";
}

std::string SuccessText(const v1::Run& run) {
  std::string text = absl::StrCat(run.id(), " SUCCEEDED");
  if (run.has_start_time() && run.has_end_time()) {
    absl::StrAppend(&text, " in ", DurationText(ToTime(run.end_time()) - ToTime(run.start_time())));
  }
  if (run.has_best_epoch()) {
    const std::string accuracy = AccuracyText(run.best_epoch());
    absl::StrAppend(&text, "; best epoch ", run.best_epoch().epoch(), ": ",
                    accuracy.empty() ? "" : absl::StrCat("accuracy ", accuracy, ", "),
                    absl::StrFormat("loss %.4f", run.best_epoch().eval_loss()));
  }
  if (run.published_version() > 0) {
    const std::string& model = run.recipe().name();
    absl::StrAppend(&text, "; published ", model, "@", run.published_version());
    if (const v1::Data& data = run.recipe().data(); !data.dataset().empty()) {
      absl::StrAppend(&text, ": try `trainctl predict --model ", model, " --dataset ",
                      data.dataset(), ":", data.eval_split(), " --index 0..9`");
    }
  }
  return text;
}

std::string EndText(const v1::Run& run) {
  if (run.state() == v1::RUN_STATE_SUCCEEDED) return SuccessText(run);
  std::string text = absl::StrCat("trainctl: run ", run.id(), " ", RunStateName(run.state()));
  if (run.has_error()) {
    absl::StrAppend(&text, " (", FailureClassName(run.error().failure_class()), ")");
    if (run.error().has_step()) absl::StrAppend(&text, " at step ", run.error().step());
    absl::StrAppend(&text, ": ", run.error().message());
  } else if (!run.state_reason().empty()) {
    absl::StrAppend(&text, ": ", run.state_reason());
  }
  return text;
}

}  // namespace

std::unique_ptr<RunListener> MakeRunLog(Session& session) {
  if (session.json) return MakeJsonLog(session.out());
  const Terminal& terminal = session.environment.terminal;
  if (terminal.interactive) return std::make_unique<LiveLog>(session.out(), terminal.columns);
  return std::make_unique<PlainLog>(session.out(), session.err());
}

std::unique_ptr<RunListener> MakeJsonLog(std::ostream& out) {
  return std::make_unique<JsonLog>(out);
}

v1::StreamMetricsRequest EventsOf(const v1::Run& run) {
  v1::StreamMetricsRequest request;
  request.set_run_id(run.id());
  request.set_after_sequence(std::max<int64_t>(run.first_sequence() - 1, 0));
  return request;
}

absl::StatusOr<int> FollowToEnd(Session& session, v1::StreamMetricsRequest request,
                                std::unique_ptr<RunListener> listener) {
  const std::string run_id = request.run_id();
  request.set_include_progress(!session.json && session.environment.terminal.interactive);
  const absl::StatusOr<v1::Run> run =
      session.client.FollowRun(request, *listener, session.environment.stop);
  listener.reset();
  if (!run.ok()) {
    if (!session.environment.stop.stop_requested()) return run.status();
    SayHowToComeBack(session, run_id);
    return kExitInterrupted;
  }
  const bool succeeded = run->state() == v1::RUN_STATE_SUCCEEDED;
  if (!session.json || !succeeded) session.err() << EndText(*run) << "\n";
  return succeeded ? kExitOk : kExitFailed;
}

}  // namespace traind
