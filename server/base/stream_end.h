#ifndef TRAIND_SERVER_BASE_STREAM_END_H_
#define TRAIND_SERVER_BASE_STREAM_END_H_

#include "absl/strings/string_view.h"

namespace traind {

// Why a stream of a run's events has ended.
enum class StreamEnd {
  kComplete,  // all was sent that was asked for
  kClient,    // the client went away
  kStalled,   // the client did not read
  kFull,      // too many streams at once
  kShutdown,  // the server stops
  kRefused,   // the request was not right, or not allowed
  kError,     // reading the events failed: an unknown run, a sequence that is not kept
};

inline constexpr StreamEnd kStreamEnds[] = {
    StreamEnd::kComplete, StreamEnd::kClient,  StreamEnd::kStalled, StreamEnd::kFull,
    StreamEnd::kShutdown, StreamEnd::kRefused, StreamEnd::kError};

// `stalled` for kStalled: the label of metrics.
inline absl::string_view StreamEndName(StreamEnd end) {
  switch (end) {
    case StreamEnd::kComplete:
      return "complete";
    case StreamEnd::kClient:
      return "client";
    case StreamEnd::kStalled:
      return "stalled";
    case StreamEnd::kFull:
      return "full";
    case StreamEnd::kShutdown:
      return "shutdown";
    case StreamEnd::kRefused:
      return "refused";
    case StreamEnd::kError:
      return "error";
  }
  return "error";
}

}  // namespace traind

#endif  // TRAIND_SERVER_BASE_STREAM_END_H_
