#include "tests/crash/crash_point.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

// Everything here works without memory from the heap and without libc's own
// functions for files, which are the ones that this library replaces.
namespace traind {
namespace {

struct Plan {
  char directory[PATH_MAX];
  size_t directory_size;
  CrashAction action;
  int64_t call;
  int trace_fd;
  char once[PATH_MAX];
};

Plan plan = {.directory = "",
             .directory_size = 0,
             .action = CrashAction::kNone,
             .call = 0,
             .trace_fd = -1,
             .once = ""};
std::atomic<int64_t> counter = 0;

enum class Need { kNothing, kSpace, kFlush };

// The path that `path`, relative to `directory_fd`, stands for; false when unknown.
bool Resolve(int directory_fd, const char* path, char* full) {
  if (path != nullptr && path[0] == '/') {
    std::snprintf(full, PATH_MAX, "%s", path);
    return true;
  }
  char link[64];
  if (directory_fd == AT_FDCWD) {
    std::snprintf(link, sizeof(link), "/proc/self/cwd");
  } else {
    std::snprintf(link, sizeof(link), "/proc/self/fd/%d", directory_fd);
  }
  const int64_t size = syscall(SYS_readlink, link, full, PATH_MAX - 1);
  if (size < 0) return false;
  full[size] = '\0';
  if (path == nullptr || path[0] == '\0') return true;
  const auto used = static_cast<size_t>(size);
  std::snprintf(full + used, PATH_MAX - used, "/%s", path);
  return true;
}

bool IsBelow(const char* full) {
  return std::strncmp(full, plan.directory, plan.directory_size) == 0 &&
         (full[plan.directory_size] == '/' || full[plan.directory_size] == '\0');
}

[[noreturn]] void Die() {
  while (true) syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
}

// False when another process has been ended already.
bool IsFirstToDie() {
  if (plan.once[0] == '\0') return true;
  return syscall(SYS_openat, AT_FDCWD, plan.once, O_WRONLY | O_CREAT | O_EXCL, 0644) >= 0;
}

void Trace(const char* name, const char* full, int64_t number) {
  if (plan.trace_fd < 0) return;
  char line[PATH_MAX + 128];
  const int size =
      std::snprintf(line, sizeof(line), "%s %lld %s %s\n", program_invocation_short_name,
                    static_cast<long long>(number), name, full);
  syscall(SYS_write, plan.trace_fd, line, std::min(static_cast<size_t>(size), sizeof(line) - 1));
}

// Does `call`, which gives -1 and errno as libc does, or what the plan wants instead.
// `half` does half of a write.
template <typename Call, typename Half>
int64_t Do(const char* name, Need need, int fd, const char* path, Call call, Half half) {
  const int before_errno = errno;
  char full[PATH_MAX];
  if (plan.directory_size == 0 || !Resolve(fd, path, full) || !IsBelow(full)) {
    errno = before_errno;
    return call();
  }
  const int64_t number = ++counter;
  Trace(name, full, number);
  errno = before_errno;
  const bool fails = plan.action == CrashAction::kNoSpace || plan.action == CrashAction::kIoError;
  if (fails && number >= plan.call &&
      (need == Need::kSpace || (need == Need::kFlush && plan.action == CrashAction::kIoError))) {
    if (number == plan.call) {
      const int64_t written = half();
      if (written > 0) return written;
    }
    errno = plan.action == CrashAction::kNoSpace ? ENOSPC : EIO;
    return -1;
  }
  const bool dies = !fails && plan.action != CrashAction::kNone && number == plan.call;
  if (dies && plan.action != CrashAction::kAfter && IsFirstToDie()) {
    if (plan.action == CrashAction::kHalfway) half();
    Die();
  }
  const int64_t result = need == Need::kFlush ? 0 : call();
  if (dies && plan.action == CrashAction::kAfter && IsFirstToDie()) Die();
  return result;
}

template <typename Call>
int64_t Do(const char* name, Need need, int fd, const char* path, Call call) {
  return Do(name, need, fd, path, call, [] { return int64_t{0}; });
}

int OpenAt(const char* name, int fd, const char* path, int flags, unsigned mode) {
  const auto call = [=] { return syscall(SYS_openat, fd, path, flags, mode); };
  const int before_errno = errno;
  const bool creates = (flags & O_CREAT) != 0 && syscall(SYS_faccessat, fd, path, F_OK) != 0;
  errno = before_errno;
  if (!creates && (flags & O_TRUNC) == 0) return static_cast<int>(call());
  // An empty file needs no space.
  return static_cast<int>(Do(name, Need::kNothing, fd, path, call));
}

ssize_t Write(const char* name, int fd, const void* bytes, size_t size) {
  return Do(
      name, Need::kSpace, fd, nullptr, [=] { return syscall(SYS_write, fd, bytes, size); },
      [=] { return syscall(SYS_write, fd, bytes, size / 2); });
}

ssize_t WriteAt(const char* name, int fd, const void* bytes, size_t size, int64_t offset) {
  return Do(
      name, Need::kSpace, fd, nullptr,
      [=] { return syscall(SYS_pwrite64, fd, bytes, size, offset); },
      [=] { return syscall(SYS_pwrite64, fd, bytes, size / 2, offset); });
}

int Truncate(const char* name, int fd, int64_t size) {
  return static_cast<int>(
      Do(name, Need::kNothing, fd, nullptr, [=] { return syscall(SYS_ftruncate, fd, size); }));
}

int Rename(const char* name, int from_fd, const char* from, int to_fd, const char* to,
           unsigned flags) {
  return static_cast<int>(Do(name, Need::kNothing, to_fd, to, [=] {
    return syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
  }));
}

int Unlink(const char* name, int fd, const char* path, int flags) {
  return static_cast<int>(
      Do(name, Need::kNothing, fd, path, [=] { return syscall(SYS_unlinkat, fd, path, flags); }));
}

int Allocate(const char* name, int fd, int mode, int64_t offset, int64_t size) {
  return static_cast<int>(Do(name, Need::kSpace, fd, nullptr,
                             [=] { return syscall(SYS_fallocate, fd, mode, offset, size); }));
}

int Flush(const char* name, int64_t call, int fd) {
  return static_cast<int>(Do(name, Need::kFlush, fd, nullptr, [=] { return syscall(call, fd); }));
}

CrashAction ParseAction(const char* text) {
  if (std::strcmp(text, "before") == 0) return CrashAction::kBefore;
  if (std::strcmp(text, "halfway") == 0) return CrashAction::kHalfway;
  if (std::strcmp(text, "after") == 0) return CrashAction::kAfter;
  if (std::strcmp(text, "no-space") == 0) return CrashAction::kNoSpace;
  if (std::strcmp(text, "io-error") == 0) return CrashAction::kIoError;
  return CrashAction::kNone;
}

const char* Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

__attribute__((constructor)) void ReadEnvironment() {
  const char* directory = Variable("TRAIND_CRASH_DIRECTORY");
  const char* program = Variable("TRAIND_CRASH_PROGRAM");
  if (directory[0] == '\0') return;
  if (program[0] != '\0' && std::strcmp(program, program_invocation_short_name) != 0) return;
  const char* trace = Variable("TRAIND_CRASH_TRACE");
  SetCrashPoint(directory, ParseAction(Variable("TRAIND_CRASH_ACTION")),
                std::atoll(Variable("TRAIND_CRASH_CALL")), trace[0] == '\0' ? nullptr : trace);
  std::snprintf(plan.once, sizeof(plan.once), "%s", Variable("TRAIND_CRASH_ONCE"));
}

}  // namespace

void SetCrashPoint(const char* directory, CrashAction action, int64_t call, const char* trace) {
  if (plan.trace_fd >= 0) close(plan.trace_fd);
  plan.trace_fd = -1;
  std::snprintf(plan.directory, sizeof(plan.directory), "%s", directory);
  plan.directory_size = std::strlen(plan.directory);
  plan.action = action;
  plan.call = call;
  counter = 0;
  if (trace == nullptr) return;
  plan.trace_fd = static_cast<int>(
      syscall(SYS_openat, AT_FDCWD, trace, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
}

}  // namespace traind

// libc's names. On the 64-bit machines that traind is for, those that end in 64 are the
// same functions.
extern "C" {

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const unsigned mode = va_arg(more, unsigned);
  va_end(more);
  return traind::OpenAt("open", AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) __attribute__((alias("open")));

int openat(int fd, const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const unsigned mode = va_arg(more, unsigned);
  va_end(more);
  return traind::OpenAt("openat", fd, path, flags, mode);
}
int openat64(int fd, const char* path, int flags, ...) __attribute__((alias("openat")));

int creat(const char* path, mode_t mode) {
  return traind::OpenAt("creat", AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}
int creat64(const char* path, mode_t mode) __attribute__((alias("creat")));

ssize_t write(int fd, const void* bytes, size_t size) {
  return traind::Write("write", fd, bytes, size);
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  return traind::WriteAt("pwrite", fd, bytes, size, offset);
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t offset)
    __attribute__((alias("pwrite")));

ssize_t writev(int fd, const iovec* parts, int count) {
  return traind::Do(
      "writev", traind::Need::kSpace, fd, nullptr,
      [=] { return syscall(SYS_writev, fd, parts, count); },
      [=] { return syscall(SYS_write, fd, parts->iov_base, parts->iov_len / 2); });
}

int ftruncate(int fd, off_t size) noexcept { return traind::Truncate("ftruncate", fd, size); }
int ftruncate64(int fd, off64_t size) noexcept __attribute__((alias("ftruncate")));

int truncate(const char* path, off_t size) noexcept {
  return static_cast<int>(traind::Do("truncate", traind::Need::kNothing, AT_FDCWD, path,
                                     [=] { return syscall(SYS_truncate, path, size); }));
}
int truncate64(const char* path, off64_t size) noexcept __attribute__((alias("truncate")));

int fallocate(int fd, int mode, off_t offset, off_t size) {
  return traind::Allocate("fallocate", fd, mode, offset, size);
}
int fallocate64(int fd, int mode, off64_t offset, off64_t size) __attribute__((alias("fallocate")));

// This one gives the error number itself.
int posix_fallocate(int fd, off_t offset, off_t size) {
  const int before_errno = errno;
  const bool done = traind::Allocate("posix_fallocate", fd, 0, offset, size) == 0;
  const int error = done ? 0 : errno;
  errno = before_errno;
  return error;
}
int posix_fallocate64(int fd, off64_t offset, off64_t size)
    __attribute__((alias("posix_fallocate")));

int fsync(int fd) { return traind::Flush("fsync", SYS_fsync, fd); }
int fdatasync(int fd) { return traind::Flush("fdatasync", SYS_fdatasync, fd); }

int rename(const char* from, const char* to) noexcept {
  return traind::Rename("rename", AT_FDCWD, from, AT_FDCWD, to, 0);
}
int renameat(int from_fd, const char* from, int to_fd, const char* to) noexcept {
  return traind::Rename("renameat", from_fd, from, to_fd, to, 0);
}
int renameat2(int from_fd, const char* from, int to_fd, const char* to, unsigned flags) noexcept {
  return traind::Rename("renameat2", from_fd, from, to_fd, to, flags);
}

int unlink(const char* path) noexcept { return traind::Unlink("unlink", AT_FDCWD, path, 0); }
int unlinkat(int fd, const char* path, int flags) noexcept {
  return traind::Unlink("unlinkat", fd, path, flags);
}
int rmdir(const char* path) noexcept {
  return traind::Unlink("rmdir", AT_FDCWD, path, AT_REMOVEDIR);
}

int mkdir(const char* path, mode_t mode) noexcept {
  return static_cast<int>(traind::Do("mkdir", traind::Need::kSpace, AT_FDCWD, path,
                                     [=] { return syscall(SYS_mkdirat, AT_FDCWD, path, mode); }));
}
int mkdirat(int fd, const char* path, mode_t mode) noexcept {
  return static_cast<int>(traind::Do("mkdirat", traind::Need::kSpace, fd, path,
                                     [=] { return syscall(SYS_mkdirat, fd, path, mode); }));
}

int link(const char* from, const char* to) noexcept {
  return static_cast<int>(traind::Do("link", traind::Need::kSpace, AT_FDCWD, to, [=] {
    return syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
  }));
}
int symlink(const char* target, const char* path) noexcept {
  return static_cast<int>(traind::Do("symlink", traind::Need::kSpace, AT_FDCWD, path, [=] {
    return syscall(SYS_symlinkat, target, AT_FDCWD, path);
  }));
}

}  // extern "C"
