#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/trainctl/commands.h"
#include "client/trainctl/json_text.h"

namespace traind {
namespace {

constexpr char kPrefix[] = "LOG_LEVEL_";

// `debug` for LOG_LEVEL_DEBUG.
std::string NameOf(v1::LogLevel level) {
  return absl::AsciiStrToLower(absl::StripPrefix(v1::LogLevel_Name(level), kPrefix));
}

// Only for names that the parser has let through.
v1::LogLevel LevelOf(const std::string& name) {
  v1::LogLevel level = v1::LOG_LEVEL_UNSPECIFIED;
  v1::LogLevel_Parse(absl::StrCat(kPrefix, absl::AsciiStrToUpper(name)), &level);
  return level;
}

}  // namespace

void AddLogLevelCommand(CLI::App& app, Action& action) {
  auto level = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("log-level", "Print or change how much the server's log says");
  command->add_option("level", *level, "debug, info, warning or error; until the server restarts")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->type_name("LEVEL");
  command->callback([&action, level] {
    action = [level](Session& session) -> absl::StatusOr<int> {
      const absl::StatusOr<v1::ServerInfo> server =
          level->empty() ? session.client.GetServerInfo()
                         : session.client.SetLogLevel(LevelOf(*level));
      if (!server.ok()) return server.status();
      session.out() << (session.json ? JsonDocument(*server) : NameOf(server->log_level())) << "\n";
      return kExitOk;
    };
  });
}

}  // namespace traind
