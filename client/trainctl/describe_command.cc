#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "client/trainctl/commands.h"
#include "client/trainctl/json_text.h"
#include "client/trainctl/run_follow.h"
#include "client/trainctl/run_text.h"

namespace traind {
namespace {

// Keeps the changes of state.
class TransitionList final : public RunListener {
 public:
  void OnEvent(const v1::Event& event) override {
    if (event.has_state_changed()) events_.push_back(event);
  }

  const std::vector<v1::Event>& events() const { return events_; }

 private:
  std::vector<v1::Event> events_;
};

// One document: the run, and its transitions as events.
std::string DescribeJson(const v1::Run& run, const std::vector<v1::Event>& transitions) {
  nlohmann::ordered_json document = nlohmann::ordered_json::parse(JsonLine(run));
  document["transitions"] = nlohmann::ordered_json::array();
  for (const v1::Event& event : transitions) {
    document["transitions"].push_back(nlohmann::ordered_json::parse(JsonLine(event)));
  }
  return document.dump(1);
}

absl::StatusOr<int> DescribeRun(const std::string& run_id, Session& session) {
  const absl::StatusOr<v1::Run> run = session.client.GetRun(run_id);
  if (!run.ok()) return run.status();
  v1::StreamMetricsRequest request = EventsOf(*run);
  request.add_kinds(v1::EVENT_KIND_STATE_CHANGED);
  TransitionList transitions;
  const absl::Status status =
      session.client.ReadEvents(request, transitions, session.environment.stop);
  if (!status.ok()) return status;
  if (session.json) {
    session.out() << DescribeJson(*run, transitions.events()) << "\n";
  } else {
    session.out() << RunText(*run, transitions.events(), session.now());
  }
  return kExitOk;
}

}  // namespace

void AddDescribeCommand(CLI::App& app, Action& action) {
  auto run_id = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("describe", "Tell everything about a run, with each change of its state");
  command->add_option("run", *run_id, "Run, such as s4-17")->required()->type_name("RUN");
  command->footer("Example:\n  trainctl describe s4-17");
  command->callback([&action, run_id] {
    action = [run_id](Session& session) { return DescribeRun(*run_id, session); };
  });
}

}  // namespace traind
