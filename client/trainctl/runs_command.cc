#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/run_state.h"
#include "client/trainctl/commands.h"
#include "client/trainctl/enum_words.h"
#include "client/trainctl/json_text.h"
#include "client/trainctl/log_text.h"
#include "client/trainctl/run_text.h"
#include "client/trainctl/sweep_text.h"
#include "client/trainctl/text_table.h"
#include "client/trainctl/time_text.h"

namespace traind {
namespace {

constexpr int kPageSizeMax = 1000;

struct RunsFlags {
  int limit = 100;
  std::vector<std::string> states;
  std::string model;
  std::string sweep;
};

v1::ListRunsRequest MakeListRequest(const RunsFlags& flags) {
  v1::ListRunsRequest request;
  request.set_model(flags.model);
  request.set_sweep_id(flags.sweep);
  for (const std::string& state : flags.states) {
    request.add_states(static_cast<v1::RunState>(EnumNumber(*v1::RunState_descriptor(), state)));
  }
  return request;
}

// The newest `limit` runs, over as many pages as it takes.
absl::StatusOr<v1::ListRunsResponse> ListNewest(Client& client, v1::ListRunsRequest request,
                                                int limit) {
  v1::ListRunsResponse all;
  do {
    request.set_page_size(std::min(limit - all.runs_size(), kPageSizeMax));
    absl::StatusOr<v1::ListRunsResponse> page = client.ListRuns(request);
    if (!page.ok()) return page.status();
    if (page->runs().empty()) break;
    request.set_page_token(page->next_page_token());
    all.mutable_runs()->MergeFrom(page->runs());
  } while (!request.page_token().empty() && all.runs_size() < limit);
  return all;
}

// Why a run waits, such as its place in the queue; empty for one that does not.
std::string WaitReason(const v1::Run& run) {
  const bool waits = run.state() == v1::RUN_STATE_QUEUED || run.state() == v1::RUN_STATE_PAUSING ||
                     run.state() == v1::RUN_STATE_PAUSED || run.state() == v1::RUN_STATE_STOPPING;
  return waits ? run.state_reason() : "";
}

absl::StatusOr<int> ListRuns(const RunsFlags& flags, Session& session) {
  const absl::StatusOr<v1::ListRunsResponse> list =
      ListNewest(session.client, MakeListRequest(flags), flags.limit);
  if (!list.ok()) return list.status();
  if (session.json) {
    session.out() << JsonDocument(*list) << "\n";
    return kExitOk;
  }
  if (list->runs().empty()) {
    session.err() << (flags.states.empty() && flags.model.empty() && flags.sweep.empty()
                          ? "no runs yet; start one with `trainctl start --model s4`\n"
                          : "no such runs; all of them: `trainctl runs`\n");
    return kExitOk;
  }
  std::vector<std::string> header = {"RUN",    "STATE", "EPOCH", "ACCURACY", "BEST",
                                     "DEVICE", "TOOK",  "AGE",   "REASON"};
  if (!flags.sweep.empty()) header.emplace_back("PARAMETERS");
  TextTable table(std::move(header));
  for (const v1::Run& run : list->runs()) {
    std::vector<std::string> row = {
        run.id(),
        RunStateName(run.state()),
        absl::StrCat(run.epochs_finished(), "/", run.recipe().epoch_count()),
        AccuracyText(run.last_epoch()),
        AccuracyText(run.best_epoch()),
        run.execution().device(),
        TookText(run, session.now()),
        DurationText(session.now() - ToTime(run.create_time())),
        WaitReason(run)};
    if (!flags.sweep.empty()) row.push_back(ParametersText(run));
    table.AddRow(std::move(row));
  }
  session.out() << table.Render();
  return kExitOk;
}

}  // namespace

void AddRunsCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<RunsFlags>();
  CLI::App* command = app.add_subcommand("runs", "List runs, newest first");
  command->add_option("--state", flags->states, "Only runs in these states")
      ->check(CLI::IsMember(EnumWords(*v1::RunState_descriptor())))
      ->type_name("STATE,...")
      ->delimiter(',')
      ->take_all()
      ->expected(1);
  command->add_option("--model", flags->model, "Only runs of this recipe, such as s4")
      ->type_name("NAME");
  command->add_option("--sweep", flags->sweep, "Only runs of this sweep, such as s4-sweep-3")
      ->type_name("SWEEP");
  command->add_option("--limit", flags->limit, "Most runs to list")
      ->check(CLI::Range(1, 100000))
      ->type_name("N")
      ->capture_default_str();
  command->footer("Example:\n  trainctl runs --state running,queued");
  command->callback([&action, flags] {
    action = [flags](Session& session) { return ListRuns(*flags, session); };
  });
}

}  // namespace traind
