#include "client/tensorboard/crc32c.h"

#include <array>

namespace traind {
namespace {

constexpr uint32_t kPolynomial = 0x82F63B78;  // Castagnoli's, lowest bit first

constexpr std::array<uint32_t, 256> MakeTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1) ^ ((rest & 1) != 0 ? kPolynomial : 0);
    table[byte] = rest;
  }
  return table;
}

constexpr std::array<uint32_t, 256> kTable = MakeTable();

}  // namespace

uint32_t Crc32c(absl::string_view bytes) {
  uint32_t rest = 0xFFFFFFFF;
  for (const char byte : bytes) {
    rest = (rest >> 8) ^ kTable[(rest ^ static_cast<uint8_t>(byte)) & 0xFF];
  }
  return ~rest;
}

}  // namespace traind
