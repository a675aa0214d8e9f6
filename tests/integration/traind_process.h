#ifndef TRAIND_TESTS_INTEGRATION_TRAIND_PROCESS_H_
#define TRAIND_TESTS_INTEGRATION_TRAIND_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace traind {

// The real traind as a child process, its log in a file. Killed when destroyed.
class TraindProcess {
 public:
  // Starts it with these flags; its stdout and stderr go to `log_path`.
  TraindProcess(const std::vector<std::string>& flags, const std::string& log_path);
  TraindProcess(const TraindProcess&) = delete;
  ~TraindProcess();

  // Waits until the address file is there; false when the process ends first or
  // 30 s pass.
  bool WaitForFile(const std::string& path);
  void Signal(int number) const;
  // Waits for the end, at most 30 s: the exit code, or minus the signal that
  // ended it. -1000 when it does not end.
  int Wait();

 private:
  bool Ended();

  pid_t pid_ = -1;
  bool reaped_ = false;
  int wait_status_ = 0;
};

}  // namespace traind

#endif  // TRAIND_TESTS_INTEGRATION_TRAIND_PROCESS_H_
