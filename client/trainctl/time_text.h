#ifndef TRAIND_CLIENT_TRAINCTL_TIME_TEXT_H_
#define TRAIND_CLIENT_TRAINCTL_TIME_TEXT_H_

#include <google/protobuf/timestamp.pb.h>

#include <string>

#include "absl/time/time.h"

namespace traind {

// A duration at the precision people need, as kubectl has it: 95s, 3m12s, 47m,
// 5h30m, 20h, 3d4h, 12d. Negative ones are 0s.
std::string DurationText(absl::Duration duration);

absl::Time ToTime(const google::protobuf::Timestamp& timestamp);

// Local time to the second, such as `2024-03-01 14:05:09`.
std::string TimeText(const google::protobuf::Timestamp& timestamp);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_TIME_TEXT_H_
