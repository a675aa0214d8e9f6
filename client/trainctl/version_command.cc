#include <nlohmann/json.hpp>

#include "absl/strings/str_join.h"
#include "client/trainctl/commands.h"
#include "client/trainctl/json_text.h"
#include "client/trainctl/time_text.h"

namespace traind {
namespace {

absl::StatusOr<int> PrintVersions(Session& session) {
  // The client's own version needs no server, so it is told in any case.
  if (!session.json) session.out() << "trainctl " << TRAIND_VERSION << std::endl;
  const absl::StatusOr<v1::ServerInfo> server = session.client.GetServerInfo();
  if (session.json) {
    nlohmann::ordered_json document;
    document["client_version"] = TRAIND_VERSION;
    document["server"] = nullptr;
    if (server.ok()) document["server"] = nlohmann::ordered_json::parse(JsonLine(*server));
    session.out() << document.dump(1) << "\n";
  }
  if (!server.ok()) return server.status();
  if (!session.json) {
    session.out() << "traind " << server->version() << " at " << session.client.options().address
                  << ": LibTorch " << server->torch_version() << ", devices "
                  << absl::StrJoin(server->devices(), " ") << ", " << server->cpu_count()
                  << " cores, up " << DurationText(session.now() - ToTime(server->start_time()))
                  << "\n";
  }
  return kExitOk;
}

}  // namespace

void AddVersionCommand(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("version", "Print the versions of client and server");
  command->footer("Example:\n  trainctl version");
  command->callback([&action] { action = PrintVersions; });
}

}  // namespace traind
