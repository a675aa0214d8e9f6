#include "server/default_paths.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace traind {
namespace {

std::string Environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::string ExecutableDirectory() {
  std::error_code error;
  const std::filesystem::path executable = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "." : executable.parent_path().string();
}

std::string DefaultDataDirectory() {
  if (geteuid() == 0) return "/var/lib/traind";
  const std::string data_home = Environment("XDG_DATA_HOME");
  if (!data_home.empty()) return data_home + "/traind";
  return Environment("HOME") + "/.local/share/traind";
}

std::string DefaultRecipesDirectory() {
  return std::filesystem::path(ExecutableDirectory() + "/../share/traind/recipes")
      .lexically_normal()
      .string();
}

std::string DefaultWorker() { return ExecutableDirectory() + "/traind-worker"; }

}  // namespace traind
