#include "client/plot/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): as POSIX has it

namespace traind {
namespace {

// The far ends of the three channels, closed once the program has its copies.
struct FarEnds {
  int input = -1;
  int output = -1;
  int error = -1;
  ~FarEnds() {
    for (const int file : {input, output, error}) {
      if (file >= 0) close(file);
    }
  }
};

bool MakePipe(int& near, int& far) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  near = ends[0];
  far = ends[1];
  return fcntl(near, F_SETFL, O_NONBLOCK) == 0;
}

bool MakeSocket(int& near, int& far) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return false;
  near = ends[0];
  far = ends[1];
  return fcntl(near, F_SETFL, O_NONBLOCK) == 0;
}

int Spawn(const std::string& program, const std::vector<std::string>& arguments,
          const FarEnds& ends, pid_t& pid) {
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends.input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends.output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends.error, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  const int error =
      posix_spawnp(&pid, program.c_str(), &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(
    const std::string& program, const std::vector<std::string>& arguments) {
  std::unique_ptr<ChildProcess> child(new ChildProcess);
  FarEnds ends;
  if (!MakeSocket(child->input_, ends.input) || !MakePipe(child->output_, ends.output) ||
      !MakePipe(child->error_, ends.error)) {
    return absl::ErrnoToStatus(errno, "cannot make a pipe");
  }
  const int error = Spawn(program, arguments, ends, child->pid_);
  if (error != 0) {
    child->pid_ = -1;
    return absl::ErrnoToStatus(error, absl::StrCat("cannot start ", program));
  }
  return child;
}

ChildProcess::~ChildProcess() {
  CloseInput();
  CloseOutput();
  CloseError();
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  Wait();
}

int ChildProcess::Wait() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void ChildProcess::Close(int& file) {
  if (file >= 0) close(file);
  file = -1;
}

}  // namespace traind
