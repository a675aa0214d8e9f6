#ifndef TRAIND_TESTS_CRASH_CRASH_POINT_H_
#define TRAIND_TESTS_CRASH_CRASH_POINT_H_

#include <cstdint>

namespace traind {

// A shared library for tests alone: it stands before libc's calls that change files
// and counts those below one directory, from 1. At a chosen one it ends the process as
// `kill -9` does, or from there on makes the calls fail. Linked first, or preloaded
// into a program; then environment variables say what shall happen:
//
//   TRAIND_CRASH_DIRECTORY  absolute; only what is below it counts
//   TRAIND_CRASH_PROGRAM    only in a program of this name; empty or absent: in each
//   TRAIND_CRASH_CALL       the number of the call
//   TRAIND_CRASH_ACTION     before, halfway, after, no-space or io-error
//   TRAIND_CRASH_TRACE      a file that gets a line for each call: program, number,
//                           name and path. Optional
//   TRAIND_CRASH_ONCE       a file that is made when a process is ended; while it is
//                           there no other process is. Optional
//
// Flushes below the directory are counted but not done: what the kernel has been given
// outlives the process, and only that is tested here.
enum class CrashAction {
  kNone,
  kBefore,   // ends the process before the call
  kHalfway,  // after half of the bytes of a write; before any other call
  kAfter,    // after the call
  kNoSpace,  // from this call on writes and new folders fail, the first write after half of it
  kIoError,  // the same with EIO, flushes too
};

// Sets in this process what the variables above say, and counts from 0 again.
// `directory` without a slash at its end; `trace` may be null. Not thread-safe.
void SetCrashPoint(const char* directory, CrashAction action, int64_t call, const char* trace);

}  // namespace traind

#endif  // TRAIND_TESTS_CRASH_CRASH_POINT_H_
