#ifndef TRAIND_CLIENT_TRAINCTL_RANDOM_REQUEST_ID_H_
#define TRAIND_CLIENT_TRAINCTL_RANDOM_REQUEST_ID_H_

#include <string>

namespace traind {

// 128 random bits as text: a repeated call must name what it has made, and no other
// call's.
std::string RandomRequestId();

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_RANDOM_REQUEST_ID_H_
