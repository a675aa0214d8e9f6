#include <algorithm>
#include <functional>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/trainctl/byte_text.h"
#include "client/trainctl/commands.h"
#include "client/trainctl/json_text.h"
#include "client/trainctl/sweep_follow.h"
#include "client/trainctl/sweep_text.h"
#include "client/trainctl/text_table.h"
#include "client/trainctl/time_text.h"

// `sweeps`, and what is done with a sweep that exists.
namespace traind {
namespace {

constexpr int kSweepPageSizeMax = 1000;

struct ListFlags {
  int limit = 100;
  std::string model;
};

// The newest sweeps, over as many pages as it takes.
absl::StatusOr<v1::ListSweepsResponse> ListNewestSweeps(Client& client, const ListFlags& flags) {
  v1::ListSweepsResponse all;
  v1::ListSweepsRequest request;
  request.set_model(flags.model);
  do {
    request.set_page_size(std::min(flags.limit - all.sweeps_size(), kSweepPageSizeMax));
    absl::StatusOr<v1::ListSweepsResponse> page = client.ListSweeps(request);
    if (!page.ok()) return page.status();
    if (page->sweeps().empty()) break;
    request.set_page_token(page->next_page_token());
    all.mutable_sweeps()->MergeFrom(page->sweeps());
  } while (!request.page_token().empty() && all.sweeps_size() < flags.limit);
  return all;
}

absl::StatusOr<int> ListSweeps(const ListFlags& flags, Session& session) {
  const absl::StatusOr<v1::ListSweepsResponse> list = ListNewestSweeps(session.client, flags);
  if (!list.ok()) return list.status();
  if (session.json) {
    session.out() << JsonDocument(*list) << "\n";
    return kExitOk;
  }
  if (list->sweeps().empty()) {
    session.err() << "no sweeps yet; see `trainctl sweep --help`\n";
    return kExitOk;
  }
  TextTable table({"SWEEP", "STATE", "POINTS", "THROUGH", "ACTIVE", "FAILED", "BEST", "AGE"});
  for (const v1::Sweep& sweep : list->sweeps()) {
    table.AddRow({sweep.id(), SweepStateName(sweep.state()), absl::StrCat(sweep.point_count()),
                  absl::StrCat(sweep.done_count()), absl::StrCat(sweep.active_count()),
                  absl::StrCat(sweep.failed_count()), sweep.best_run_id(),
                  DurationText(session.now() - ToTime(sweep.create_time()))});
  }
  session.out() << table.Render();
  return kExitOk;
}

void PrintState(const v1::Sweep& sweep, Session& session) {
  if (session.json) {
    session.out() << JsonDocument(sweep) << "\n";
  } else {
    session.out() << sweep.id() << " " << SweepStateName(sweep.state()) << "\n";
  }
}

absl::StatusOr<int> ShowSweep(const std::string& sweep_id, bool follow, Session& session) {
  const absl::StatusOr<v1::Sweep> sweep =
      follow ? FollowSweep(session, sweep_id) : session.client.GetSweep(sweep_id);
  if (follow && session.environment.stop.stop_requested()) return kExitInterrupted;
  if (!sweep.ok()) return sweep.status();
  session.out() << (session.json ? JsonDocument(*sweep) + "\n" : SweepText(*sweep, session.now()));
  return kExitOk;
}

absl::StatusOr<int> DeleteSweep(const v1::DeleteSweepRequest& request, Session& session) {
  const absl::StatusOr<v1::DeleteSweepResponse> response = session.client.DeleteSweep(request);
  if (!response.ok()) return response.status();
  if (session.json) {
    session.out() << JsonDocument(*response) << "\n";
    return kExitOk;
  }
  session.out() << request.sweep_id() << " deleted";
  if (request.delete_runs()) {
    session.out() << " with " << response->deleted_run_count() << " runs, "
                  << ByteText(response->freed_bytes()) << " freed";
  }
  session.out() << "\n";
  return kExitOk;
}

// A command that takes a sweep's id, changes it and tells its state.
void AddChangeCommand(
    CLI::App& app, Action& action, const std::string& name, const char* help,
    std::function<absl::StatusOr<v1::Sweep>(Client&, const std::string&)> change) {
  auto sweep_id = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(name, help);
  command->add_option("sweep", *sweep_id, "Sweep, such as s4-sweep-3")
      ->required()
      ->type_name("SWEEP");
  command->footer(absl::StrCat("Example:\n  trainctl ", name, " s4-sweep-3"));
  command->callback([&action, sweep_id, change = std::move(change)] {
    action = [sweep_id, change](Session& session) -> absl::StatusOr<int> {
      const absl::StatusOr<v1::Sweep> sweep = change(session.client, *sweep_id);
      if (!sweep.ok()) return sweep.status();
      PrintState(*sweep, session);
      return kExitOk;
    };
  });
}

}  // namespace

void AddSweepsCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<ListFlags>();
  CLI::App* command = app.add_subcommand("sweeps", "List sweeps, newest first");
  command->add_option("--model", flags->model, "Only sweeps of this recipe, such as s4")
      ->type_name("NAME");
  command->add_option("--limit", flags->limit, "Most sweeps to list")
      ->check(CLI::Range(1, 100000))
      ->type_name("N")
      ->capture_default_str();
  command->footer("Example:\n  trainctl sweeps --model s4");
  command->callback([&action, flags] {
    action = [flags](Session& session) { return ListSweeps(*flags, session); };
  });
}

void AddSweepShowCommand(CLI::App& app, Action& action) {
  auto sweep_id = std::make_shared<std::string>();
  auto follow = std::make_shared<bool>(false);
  CLI::App* command =
      app.add_subcommand("sweep-show", "Show a sweep and its points, the best first");
  command->add_option("sweep", *sweep_id, "Sweep, such as s4-sweep-3")
      ->required()
      ->type_name("SWEEP");
  command->add_flag("-f,--follow", *follow, "Wait for its end first; tell of each point");
  command->footer("Example:\n  trainctl sweep-show s4-sweep-3");
  command->callback([&action, sweep_id, follow] {
    action = [sweep_id, follow](Session& session) {
      return ShowSweep(*sweep_id, *follow, session);
    };
  });
}

void AddSweepCancelCommand(CLI::App& app, Action& action) {
  AddChangeCommand(
      app, action, "sweep-cancel", "Cancel a sweep and its runs",
      [](Client& client, const std::string& sweep_id) { return client.CancelSweep(sweep_id); });
}

void AddSweepResumeCommand(CLI::App& app, Action& action) {
  AddChangeCommand(
      app, action, "sweep-resume", "Go on with a sweep that was cancelled or has failed",
      [](Client& client, const std::string& sweep_id) { return client.ResumeSweep(sweep_id); });
}

void AddSweepDeleteCommand(CLI::App& app, Action& action) {
  auto request = std::make_shared<v1::DeleteSweepRequest>();
  auto sweep_id = std::make_shared<std::string>();
  auto runs = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("sweep-delete", "Delete a sweep that has ended");
  command->add_option("sweep", *sweep_id, "Sweep, such as s4-sweep-3; it does not ask back")
      ->required()
      ->type_name("SWEEP");
  command->add_flag("--runs", *runs, "Also its runs: events, checkpoints and logs");
  command->footer("Example:\n  trainctl sweep-delete s4-sweep-3 --runs");
  command->callback([&action, request, sweep_id, runs] {
    request->set_sweep_id(*sweep_id);
    request->set_delete_runs(*runs);
    action = [request](Session& session) { return DeleteSweep(*request, session); };
  });
}

}  // namespace traind
