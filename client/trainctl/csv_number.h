#ifndef TRAIND_CLIENT_TRAINCTL_CSV_NUMBER_H_
#define TRAIND_CLIENT_TRAINCTL_CSV_NUMBER_H_

#include <string>

namespace traind {

// A number as a cell of comma-separated values: the fewest digits that read back as the same
// float or double; `nan`, `inf` and `-inf`.
std::string CsvNumber(float value);
std::string CsvNumber(double value);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_CSV_NUMBER_H_
