// Tells ThreadSanitizer what absl::Mutex, absl::Notification and the last owner of an absl::Status
// do. Debian's Abseil is built without TSan, so that a lock taken in it looks like no
// synchronisation at all. Linked into the binaries of the preset tsan only: each function here
// stands before the library's own of the same name and calls it, with the annotations around it
// that an instrumented Abseil would make.
//
// The library's functions with a timeout call those with a deadline, which would annotate twice; so
// those here call these here. A Condition is evaluated inside the library while TSan ignores the
// thread's accesses: it raises no false alarm, and finds no race either.
#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace traind {
namespace {

constexpr unsigned kWrite = 0;
constexpr unsigned kRead = __tsan_mutex_read_lock;

// The library's own function, found by its mangled name. `debian3` is the inline namespace of
// Debian's Abseil 20220623; another version needs another.
template <typename Function>
Function* Real(const std::string& rest, const char* prefix = "_ZN4absl7debian3") {
  const std::string mangled = prefix + rest;
  void* found = dlsym(RTLD_NEXT, mangled.c_str());
  if (found == nullptr) {
    std::fprintf(stderr, "expected a function %s in Abseil, found none: see %s\n", mangled.c_str(),
                 __FILE__);
    std::abort();
  }
  return reinterpret_cast<Function*>(found);
}

template <typename Function>
Function* RealConst(const std::string& rest) {
  return Real<Function>(rest, "_ZNK4absl7debian3");
}

// A wait gives the lock up and takes it again, at least as far as TSan can tell.
void BeforeWait(void* mutex) {
  __tsan_mutex_pre_unlock(mutex, kWrite);
  __tsan_mutex_post_unlock(mutex, kWrite);
  __tsan_mutex_pre_lock(mutex, kWrite);
}

void AfterLock(void* mutex, unsigned kind) { __tsan_mutex_post_lock(mutex, kind, 0); }

void AfterTry(void* mutex, unsigned kind, bool locked) {
  __tsan_mutex_post_lock(
      mutex, kind | __tsan_mutex_try_lock | (locked ? 0 : __tsan_mutex_try_lock_failed), 0);
}

}  // namespace
}  // namespace traind

namespace absl {
ABSL_NAMESPACE_BEGIN

Mutex::~Mutex() {
  static auto* const real = traind::Real<void(Mutex*)>("5MutexD1Ev");
  __tsan_mutex_destroy(this, __tsan_mutex_not_static);
  real(this);
}

void Mutex::Lock() {
  static auto* const real = traind::Real<void(Mutex*)>("5Mutex4LockEv");
  __tsan_mutex_pre_lock(this, traind::kWrite);
  real(this);
  traind::AfterLock(this, traind::kWrite);
}

void Mutex::ReaderLock() {
  static auto* const real = traind::Real<void(Mutex*)>("5Mutex10ReaderLockEv");
  __tsan_mutex_pre_lock(this, traind::kRead);
  real(this);
  traind::AfterLock(this, traind::kRead);
}

void Mutex::Unlock() {
  static auto* const real = traind::Real<void(Mutex*)>("5Mutex6UnlockEv");
  __tsan_mutex_pre_unlock(this, traind::kWrite);
  real(this);
  __tsan_mutex_post_unlock(this, traind::kWrite);
}

void Mutex::ReaderUnlock() {
  static auto* const real = traind::Real<void(Mutex*)>("5Mutex12ReaderUnlockEv");
  __tsan_mutex_pre_unlock(this, traind::kRead);
  real(this);
  __tsan_mutex_post_unlock(this, traind::kRead);
}

bool Mutex::TryLock() {
  static auto* const real = traind::Real<bool(Mutex*)>("5Mutex7TryLockEv");
  __tsan_mutex_pre_lock(this, traind::kWrite | __tsan_mutex_try_lock);
  const bool locked = real(this);
  traind::AfterTry(this, traind::kWrite, locked);
  return locked;
}

bool Mutex::ReaderTryLock() {
  static auto* const real = traind::Real<bool(Mutex*)>("5Mutex13ReaderTryLockEv");
  __tsan_mutex_pre_lock(this, traind::kRead | __tsan_mutex_try_lock);
  const bool locked = real(this);
  traind::AfterTry(this, traind::kRead, locked);
  return locked;
}

void Mutex::Await(const Condition& condition) {
  static auto* const real =
      traind::Real<void(Mutex*, const Condition&)>("5Mutex5AwaitERKNS0_9ConditionE");
  traind::BeforeWait(this);
  real(this, condition);
  traind::AfterLock(this, traind::kWrite);
}

bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  return AwaitWithDeadline(condition, Now() + timeout);
}

bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  static auto* const real = traind::Real<bool(Mutex*, const Condition&, Time)>(
      "5Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  traind::BeforeWait(this);
  const bool met = real(this, condition, deadline);
  traind::AfterLock(this, traind::kWrite);
  return met;
}

void Mutex::LockWhen(const Condition& condition) {
  static auto* const real =
      traind::Real<void(Mutex*, const Condition&)>("5Mutex8LockWhenERKNS0_9ConditionE");
  __tsan_mutex_pre_lock(this, traind::kWrite);
  real(this, condition);
  traind::AfterLock(this, traind::kWrite);
}

bool Mutex::LockWhenWithTimeout(const Condition& condition, Duration timeout) {
  return LockWhenWithDeadline(condition, Now() + timeout);
}

bool Mutex::LockWhenWithDeadline(const Condition& condition, Time deadline) {
  static auto* const real = traind::Real<bool(Mutex*, const Condition&, Time)>(
      "5Mutex20LockWhenWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  __tsan_mutex_pre_lock(this, traind::kWrite);
  const bool met = real(this, condition, deadline);
  traind::AfterLock(this, traind::kWrite);
  return met;
}

void CondVar::Wait(Mutex* mutex) {
  static auto* const real = traind::Real<void(CondVar*, Mutex*)>("7CondVar4WaitEPNS0_5MutexE");
  traind::BeforeWait(mutex);
  real(this, mutex);
  traind::AfterLock(mutex, traind::kWrite);
}

bool CondVar::WaitWithTimeout(Mutex* mutex, Duration timeout) {
  return WaitWithDeadline(mutex, Now() + timeout);
}

bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  static auto* const real = traind::Real<bool(CondVar*, Mutex*, Time)>(
      "7CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE");
  traind::BeforeWait(mutex);
  const bool expired = real(this, mutex, deadline);
  traind::AfterLock(mutex, traind::kWrite);
  return expired;
}

void Status::UnrefNonInlined(uintptr_t rep) {
  static auto* const real = traind::Real<void(uintptr_t)>("6Status15UnrefNonInlinedEm");
  // What one owner has read, the last one may delete.
  auto* const shared = reinterpret_cast<void*>(rep);
  __tsan_release(shared);
  __tsan_acquire(shared);
  real(rep);
}

void Notification::Notify() {
  static auto* const real = traind::Real<void(Notification*)>("12Notification6NotifyEv");
  __tsan_release(this);
  real(this);
}

void Notification::WaitForNotification() const {
  static auto* const real =
      traind::RealConst<void(const Notification*)>("12Notification19WaitForNotificationEv");
  real(this);
  __tsan_acquire(const_cast<Notification*>(this));
}

bool Notification::WaitForNotificationWithTimeout(Duration timeout) const {
  static auto* const real = traind::RealConst<bool(const Notification*, Duration)>(
      "12Notification30WaitForNotificationWithTimeoutENS0_8DurationE");
  const bool notified = real(this, timeout);
  if (notified) __tsan_acquire(const_cast<Notification*>(this));
  return notified;
}

bool Notification::WaitForNotificationWithDeadline(Time deadline) const {
  static auto* const real = traind::RealConst<bool(const Notification*, Time)>(
      "12Notification31WaitForNotificationWithDeadlineENS0_4TimeE");
  const bool notified = real(this, deadline);
  if (notified) __tsan_acquire(const_cast<Notification*>(this));
  return notified;
}

ABSL_NAMESPACE_END
}  // namespace absl
