#ifndef TRAIND_SERVER_RPC_STREAM_WATCH_H_
#define TRAIND_SERVER_RPC_STREAM_WATCH_H_

#include <set>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/clock.h"

namespace traind {

// Looks at all streams again and again, on one thread of its own, so that a stream
// that hangs or has nothing to do needs no timer. Thread-safe.
class StreamWatch {
 public:
  // A stream as the watch sees it.
  class Stream {
   public:
    // Sees to what is due at this monotonic time, quickly: other streams wait for it. True
    // when the stream is stuck: Break is called next, and until then the stream
    // must not be deleted, even if it is removed.
    virtual bool Look(absl::Duration now) = 0;
    // Ends a stream that is stuck. It may delete itself meanwhile.
    virtual void Break() = 0;

   protected:
    ~Stream() = default;
  };

  // Looks every `interval` of real time; what it tells streams is the monotonic time.
  StreamWatch(const Clock& clock, absl::Duration interval);
  StreamWatch(const StreamWatch&) = delete;
  // Waits for a look that is under way.
  ~StreamWatch();

  void Add(Stream& stream);
  // No look at the stream begins any more once this has returned. Does nothing for
  // one that was not added.
  void Remove(Stream& stream);

 private:
  void Loop();

  // Constant after construction.
  const Clock& clock_;
  const absl::Duration interval_;

  absl::Mutex mutex_;
  std::set<Stream*> streams_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_STREAM_WATCH_H_
