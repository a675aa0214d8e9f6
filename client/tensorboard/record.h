#ifndef TRAIND_CLIENT_TENSORBOARD_RECORD_H_
#define TRAIND_CLIENT_TENSORBOARD_RECORD_H_

#include <string>

#include "absl/strings/string_view.h"

namespace traind {

// `data` as a record of a TFRecord file: its length (64 bits, little-endian), the
// masked CRC-32C of the length, the data, and the masked CRC-32C of the data.
std::string TfRecord(absl::string_view data);

}  // namespace traind

#endif  // TRAIND_CLIENT_TENSORBOARD_RECORD_H_
