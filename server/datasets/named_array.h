#ifndef TRAIND_SERVER_DATASETS_NAMED_ARRAY_H_
#define TRAIND_SERVER_DATASETS_NAMED_ARRAY_H_

#include <cstdint>
#include <string>
#include <vector>

namespace traind {

// Types of numbers that arrays of other programs hold.
enum class NumberType {
  kBool,
  kUint8,
  kInt8,
  kUint16,
  kInt16,
  kUint32,
  kInt32,
  kUint64,
  kInt64,
  kFloat16,
  kFloat32,
  kFloat64
};

// Bytes of one number.
int64_t NumberBytes(NumberType type);

// An array of numbers, row-major and little-endian, and where it came from.
struct NamedArray {
  std::string name;  // such as `x_train`
  std::string from;  // for messages, such as `digits.npz: x_train`
  std::string file;  // name of its file
  NumberType type = NumberType::kUint8;
  std::vector<int64_t> shape;
  std::vector<uint8_t> bytes;
};

// Every number as a double; 64-bit integers past 2^53 lose digits.
std::vector<double> ToDoubles(const NamedArray& array);

// Whether the numbers are whole by their type.
bool IsWhole(NumberType type);

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_NAMED_ARRAY_H_
