#ifndef TRAIND_CLIENT_TRAINCTL_PYTHON_FLOAT_H_
#define TRAIND_CLIENT_TRAINCTL_PYTHON_FLOAT_H_

#include <string>

namespace traind {

// The value as Python's repr writes it: the shortest digits that read back as
// the same double, with an exponent below 1e-4 and from 1e16 on.
std::string PythonFloat(double value);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_PYTHON_FLOAT_H_
