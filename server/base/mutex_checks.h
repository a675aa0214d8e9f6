#ifndef TRAIND_SERVER_BASE_MUTEX_CHECKS_H_
#define TRAIND_SERVER_BASE_MUTEX_CHECKS_H_

namespace traind {

// Leaves out the search for cycles of locks that Abseil makes at each lock where it was
// built for debugging, as distributions build it; it costs every call of a server. Where
// assertions are checked, this does nothing and cycles are still found. Thread-safe; to be
// called before threads are started.
void LeaveOutMutexChecks();

}  // namespace traind

#endif  // TRAIND_SERVER_BASE_MUTEX_CHECKS_H_
