#include "server/datasets/named_array.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace traind {
namespace {

static_assert(std::endian::native == std::endian::little, "arrays are read as they are stored");

// IEEE 754 binary16.
double FromHalf(uint16_t bits) {
  const int exponent = bits >> 10 & 0x1f;
  const double fraction = (bits & 0x3ff) / 1024.0;
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  if (exponent == 0) return sign * std::ldexp(fraction, -14);
  if (exponent < 31) return sign * std::ldexp(1 + fraction, exponent - 15);
  if (fraction != 0) return std::numeric_limits<double>::quiet_NaN();
  return sign * std::numeric_limits<double>::infinity();
}

template <typename Number>
std::vector<double> Convert(const std::vector<uint8_t>& bytes) {
  std::vector<double> numbers(bytes.size() / sizeof(Number));
  for (size_t i = 0; i < numbers.size(); ++i) {
    Number number;
    std::memcpy(&number, bytes.data() + i * sizeof(Number), sizeof(Number));
    numbers[i] = static_cast<double>(number);
  }
  return numbers;
}

std::vector<double> ConvertHalves(const std::vector<uint8_t>& bytes) {
  std::vector<double> numbers(bytes.size() / 2);
  for (size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = FromHalf(static_cast<uint16_t>(bytes[2 * i] | bytes[2 * i + 1] << 8));
  }
  return numbers;
}

}  // namespace

int64_t NumberBytes(NumberType type) {
  switch (type) {
    case NumberType::kBool:
    case NumberType::kUint8:
    case NumberType::kInt8:
      return 1;
    case NumberType::kUint16:
    case NumberType::kInt16:
    case NumberType::kFloat16:
      return 2;
    case NumberType::kUint32:
    case NumberType::kInt32:
    case NumberType::kFloat32:
      return 4;
    case NumberType::kUint64:
    case NumberType::kInt64:
    case NumberType::kFloat64:
      return 8;
  }
  return 1;
}

bool IsWhole(NumberType type) {
  return type != NumberType::kFloat16 && type != NumberType::kFloat32 &&
         type != NumberType::kFloat64;
}

std::vector<double> ToDoubles(const NamedArray& array) {
  switch (array.type) {
    case NumberType::kBool:
    case NumberType::kUint8:
      return Convert<uint8_t>(array.bytes);
    case NumberType::kInt8:
      return Convert<int8_t>(array.bytes);
    case NumberType::kUint16:
      return Convert<uint16_t>(array.bytes);
    case NumberType::kInt16:
      return Convert<int16_t>(array.bytes);
    case NumberType::kUint32:
      return Convert<uint32_t>(array.bytes);
    case NumberType::kInt32:
      return Convert<int32_t>(array.bytes);
    case NumberType::kUint64:
      return Convert<uint64_t>(array.bytes);
    case NumberType::kInt64:
      return Convert<int64_t>(array.bytes);
    case NumberType::kFloat16:
      return ConvertHalves(array.bytes);
    case NumberType::kFloat32:
      return Convert<float>(array.bytes);
    case NumberType::kFloat64:
      return Convert<double>(array.bytes);
  }
  return {};
}

}  // namespace traind
