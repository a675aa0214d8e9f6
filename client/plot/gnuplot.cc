#include "client/plot/gnuplot.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/plot/child_process.h"

namespace traind {
namespace {

constexpr size_t kPictureBytesMax = size_t{64} << 20;
constexpr size_t kWordsBytesMax = size_t{64} << 10;  // of what it says on standard error
constexpr int kStopCheckMilliseconds = 100;

// Sends what the socket takes now. False once there is nothing more to send.
bool SendSome(int socket, absl::string_view& rest) {
  const ssize_t count = send(socket, rest.data(), rest.size(), MSG_NOSIGNAL);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  rest.remove_prefix(static_cast<size_t>(count));
  return !rest.empty();
}

// Appends what is there now. False at the end.
bool ReadSome(int file, std::string& text) {
  char bytes[16384];
  const ssize_t count = read(file, bytes, sizeof(bytes));
  if (count > 0) text.append(bytes, static_cast<size_t>(count));
  return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

// What gnuplot complains of: its last line; before it comes an echo of the script.
std::string Complaint(const std::string& words) {
  std::string last = "it said nothing";
  size_t begin = 0;
  while (begin < words.size()) {
    const size_t end = std::min(words.find('\n', begin), words.size());
    const std::string line = words.substr(begin, end - begin);
    if (line.find_first_not_of(" \t^") != std::string::npos) last = line;
    begin = end + 1;
  }
  const size_t text = last.find_first_not_of(" \t");
  return last.substr(text, 200);
}

}  // namespace

Gnuplot::Gnuplot(std::string program, absl::Duration time_max)
    : program_(std::move(program)), time_max_(time_max) {}

absl::StatusOr<std::string> Gnuplot::Draw(const std::string& script, std::stop_token stop) const {
  // -d: as gnuplot is by itself, without the user's .gnuplot.
  absl::StatusOr<std::unique_ptr<ChildProcess>> started =
      ChildProcess::Start(program_, {"-d", "-"});
  if (absl::IsNotFound(started.status())) {
    return absl::FailedPreconditionError(absl::StrCat(
        "expected the program `", program_,
        "`, which draws plots, and it is not installed: `apt-get install gnuplot-nox` on Debian; "
        "`trainctl export` writes the figures for other programs"));
  }
  if (!started.ok()) return started.status();
  ChildProcess& child = **started;

  const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoMilliseconds(time_max_);
  absl::string_view rest = script;
  std::string picture;
  std::string words;
  while (child.output() >= 0 || child.error() >= 0) {
    if (stop.stop_requested()) return absl::CancelledError("interrupted while gnuplot was drawing");
    if (std::chrono::steady_clock::now() > deadline) {
      return absl::DeadlineExceededError(
          absl::StrCat("gnuplot was not done after ", absl::FormatDuration(time_max_)));
    }
    pollfd files[] = {{.fd = child.input(), .events = POLLOUT, .revents = 0},
                      {.fd = child.output(), .events = POLLIN, .revents = 0},
                      {.fd = child.error(), .events = POLLIN, .revents = 0}};
    if (poll(files, 3, kStopCheckMilliseconds) < 0 && errno != EINTR) {
      return absl::ErrnoToStatus(errno, "cannot wait for gnuplot");
    }
    if (files[0].revents != 0 && !SendSome(child.input(), rest)) child.CloseInput();
    if (files[1].revents != 0 && !ReadSome(child.output(), picture)) child.CloseOutput();
    if (files[2].revents != 0 && !ReadSome(child.error(), words)) child.CloseError();
    if (picture.size() > kPictureBytesMax || words.size() > kWordsBytesMax) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "expected a picture of at most ", kPictureBytesMax >> 20, " MiB from gnuplot, got more"));
    }
  }
  const int code = child.Wait();
  if (code != 0 || picture.empty()) {
    return absl::InternalError(
        absl::StrCat("gnuplot failed with exit code ", code, ": ", Complaint(words)));
  }
  return picture;
}

}  // namespace traind
