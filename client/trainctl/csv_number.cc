#include "client/trainctl/csv_number.h"

#include <charconv>
#include <cmath>

namespace traind {
namespace {

template <typename Float>
std::string Shortest(Float value) {
  if (std::isnan(value)) return "nan";  // without the sign that to_chars would give
  char digits[64];
  const std::to_chars_result end = std::to_chars(digits, digits + sizeof(digits), value);
  return std::string(digits, end.ptr);
}

}  // namespace

std::string CsvNumber(float value) { return Shortest(value); }

std::string CsvNumber(double value) { return Shortest(value); }

}  // namespace traind
