#include <memory>

#include "client/trainctl/commands.h"
#include "client/trainctl/enum_words.h"
#include "client/trainctl/json_text.h"

namespace traind {
void AddLogLevelCommand(CLI::App& app, Action& action) {
  const google::protobuf::EnumDescriptor& levels = *v1::LogLevel_descriptor();
  auto level = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("log-level", "Print or change how much the server's log says");
  command->add_option("level", *level, "debug, info, warning or error; until the server restarts")
      ->check(CLI::IsMember(EnumWords(levels)))
      ->type_name("LEVEL");
  command->footer("Example:\n  trainctl log-level debug");
  command->callback([&action, level, &levels] {
    action = [level, &levels](Session& session) -> absl::StatusOr<int> {
      const absl::StatusOr<v1::ServerInfo> server =
          level->empty()
              ? session.client.GetServerInfo()
              : session.client.SetLogLevel(static_cast<v1::LogLevel>(EnumNumber(levels, *level)));
      if (!server.ok()) return server.status();
      session.out() << (session.json ? JsonDocument(*server)
                                     : EnumWord(levels, server->log_level()))
                    << "\n";
      return kExitOk;
    };
  });
}

}  // namespace traind
