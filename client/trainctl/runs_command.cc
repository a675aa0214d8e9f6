#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/run_state.h"
#include "client/trainctl/commands.h"
#include "client/trainctl/json_text.h"
#include "client/trainctl/log_text.h"
#include "client/trainctl/text_table.h"
#include "client/trainctl/time_text.h"

namespace traind {
namespace {

constexpr int kPageSizeMax = 1000;

// The newest `limit` runs, over as many pages as it takes.
absl::StatusOr<v1::ListRunsResponse> ListNewest(Client& client, int limit) {
  v1::ListRunsResponse all;
  v1::ListRunsRequest request;
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

std::string TookText(const v1::Run& run, absl::Time now) {
  if (!run.has_start_time()) return "";
  return DurationText((run.has_end_time() ? ToTime(run.end_time()) : now) -
                      ToTime(run.start_time()));
}

absl::StatusOr<int> ListRuns(int limit, Session& session) {
  const absl::StatusOr<v1::ListRunsResponse> list = ListNewest(session.client, limit);
  if (!list.ok()) return list.status();
  if (session.json) {
    session.out() << JsonDocument(*list) << "\n";
    return kExitOk;
  }
  if (list->runs().empty()) {
    session.err() << "no runs yet; start one with `trainctl start --model s4`\n";
    return kExitOk;
  }
  TextTable table({"RUN", "STATE", "EPOCH", "ACCURACY", "BEST", "DEVICE", "TOOK", "AGE"});
  for (const v1::Run& run : list->runs()) {
    table.AddRow({run.id(), RunStateName(run.state()),
                  absl::StrCat(run.epochs_finished(), "/", run.recipe().epoch_count()),
                  AccuracyText(run.last_epoch()), AccuracyText(run.best_epoch()),
                  run.execution().device(), TookText(run, session.now()),
                  DurationText(session.now() - ToTime(run.create_time()))});
  }
  session.out() << table.Render();
  return kExitOk;
}

}  // namespace

void AddRunsCommand(CLI::App& app, Action& action) {
  auto limit = std::make_shared<int>(100);
  CLI::App* command = app.add_subcommand("runs", "List runs, newest first");
  command->add_option("--limit", *limit, "Most runs to list")
      ->check(CLI::Range(1, 100000))
      ->type_name("N")
      ->capture_default_str();
  command->callback([&action, limit] {
    action = [limit](Session& session) { return ListRuns(*limit, session); };
  });
}

}  // namespace traind
