// A serving worker for tests, without a tensor library. Takes the arguments that the
// server gives; the device `mute` never listens, `absent` ends the process at once.

#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "server/worker_link/serving_server.h"
#include "tests/workers/scripted_executors.h"

int main(int argc, char** argv) {
  std::string socket;
  std::string device;
  int threads = 0;
  for (int i = 1; i + 1 < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--socket") socket = argv[i + 1];
    if (name == "--device") device = argv[i + 1];
    if (name == "--threads") threads = std::atoi(argv[i + 1]);
  }
  if (device == "absent") return 1;
  while (device == "mute") pause();
  traind::Script script;
  traind::ScriptedLoader loader(script);
  auto server = traind::ServingServer::Start(
      {.socket_path = socket,
       .thread_count = threads,
       .device_works = [&script] { return script.device_works.load(); }},
      loader);
  if (!server.ok()) return 2;
  (*server)->WaitForLostDevice();
  std::_Exit(3);
}
