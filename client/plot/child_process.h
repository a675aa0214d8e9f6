#ifndef TRAIND_CLIENT_PLOT_CHILD_PROCESS_H_
#define TRAIND_CLIENT_PLOT_CHILD_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace traind {

// A program that was started without a shell, and this end of its standard input,
// output and error. Its signals are as usual, whatever this process has blocked. The
// destructor kills it when it still runs. Used by one thread.
class ChildProcess {
 public:
  // `program` is looked for in PATH, unless it has a slash. NOT_FOUND or
  // PERMISSION_DENIED when it cannot be started, else as the system says.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(
      const std::string& program, const std::vector<std::string>& arguments);

  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Non-blocking; owned by this. -1 once closed. Input is a socket, for
  // send(MSG_NOSIGNAL): a program that ends early is no signal to us.
  int input() const { return input_; }
  int output() const { return output_; }
  int error() const { return error_; }
  void CloseInput() { Close(input_); }
  void CloseOutput() { Close(output_); }
  void CloseError() { Close(error_); }

  // Waits for its end; returns its exit code, or 128 and the signal that ended it.
  int Wait();

 private:
  ChildProcess() = default;
  static void Close(int& file);

  pid_t pid_ = -1;  // -1 once it was waited for
  int input_ = -1;
  int output_ = -1;
  int error_ = -1;
};

}  // namespace traind

#endif  // TRAIND_CLIENT_PLOT_CHILD_PROCESS_H_
