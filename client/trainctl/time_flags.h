#ifndef TRAIND_CLIENT_TRAINCTL_TIME_FLAGS_H_
#define TRAIND_CLIENT_TRAINCTL_TIME_FLAGS_H_

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace traind {

// Times as people type them. `flag` is named in errors, such as `--since`.

// A duration of at least 0: `30s`, `1m30s`, or seconds as a number.
// INVALID_ARGUMENT for anything else, an infinite one included.
absl::StatusOr<absl::Duration> ReadDuration(const std::string& flag, const std::string& text);

// A moment: how long before `now`, as ReadDuration has it, or in RFC 3339, such
// as `2024-03-01T14:05:09Z`. INVALID_ARGUMENT for anything else.
absl::StatusOr<absl::Time> ReadMoment(const std::string& flag, const std::string& text,
                                      absl::Time now);

// As the protos have them, to the nanosecond.
google::protobuf::Duration ToProto(absl::Duration duration);
google::protobuf::Timestamp ToProto(absl::Time time);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_TIME_FLAGS_H_
