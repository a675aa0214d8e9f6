#include "client/tensorboard/record.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "client/tensorboard/crc32c.h"

namespace traind {
namespace {

// A CRC over bytes that hold a CRC of theirs is no good check, so the format turns it round.
uint32_t MaskedCrc(absl::string_view bytes) {
  const uint32_t crc = Crc32c(bytes);
  return ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
}

std::string LittleEndian(uint64_t number, int byte_count) {
  std::string bytes;
  for (int i = 0; i < byte_count; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xFF);
  return bytes;
}

}  // namespace

std::string TfRecord(absl::string_view data) {
  const std::string length = LittleEndian(data.size(), 8);
  return absl::StrCat(length, LittleEndian(MaskedCrc(length), 4), data,
                      LittleEndian(MaskedCrc(data), 4));
}

}  // namespace traind
