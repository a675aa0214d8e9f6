#ifndef TRAIND_SERVER_WORKERS_CHILD_PROCESS_H_
#define TRAIND_SERVER_WORKERS_CHILD_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace traind {

// What to run and in which surroundings.
struct ChildOptions {
  // Path of the program, then its arguments.
  std::vector<std::string> argv;
  // Added to this process's niceness; with one the child also takes short turns.
  int nice_increment = 0;
  // When memory runs out, the kernel ends the child sooner than this process.
  bool die_first_without_memory = false;
  // Becomes the child's stdin; -1: /dev/null.
  int stdin_fd = -1;
  // Become the child's stdout and stderr; -1: this process's own.
  int stdout_fd = -1;
  int stderr_fd = -1;
};

// Starts a child process and returns once the program runs in it. The child
// leads its own process group, has no other open files, no blocked or ignored
// signals, and is killed when the calling THREAD ends
// (PR_SET_PDEATHSIG), so call from one that lives as long as the child may.
// NOT_FOUND, PERMISSION_DENIED, else INTERNAL when the program cannot be run;
// then no child is left.
absl::StatusOr<pid_t> SpawnChild(const ChildOptions& options);

// A file that becomes readable when the process has ended; -1 and errno when it
// cannot be had (Linux before 5.3). Close-on-exec; the caller closes it.
int OpenProcess(pid_t pid);

// A status from waitpid() for people: "exited with code 3",
// "killed by signal 9 (SIGKILL)".
std::string DescribeExit(int wait_status);

}  // namespace traind

#endif  // TRAIND_SERVER_WORKERS_CHILD_PROCESS_H_
