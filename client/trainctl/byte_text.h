#ifndef TRAIND_CLIENT_TRAINCTL_BYTE_TEXT_H_
#define TRAIND_CLIENT_TRAINCTL_BYTE_TEXT_H_

#include <cstdint>
#include <string>

namespace traind {

// A size for people, in steps of 1024 (IEC 80000-13): `512 B`, `4.0 KiB`, `1.5 GiB`.
std::string ByteText(int64_t bytes);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_BYTE_TEXT_H_
