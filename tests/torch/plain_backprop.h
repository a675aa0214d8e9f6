#ifndef TRAIND_TESTS_TORCH_PLAIN_BACKPROP_H_
#define TRAIND_TESTS_TORCH_PLAIN_BACKPROP_H_

#include <array>
#include <cmath>

namespace traind::plain_backprop {

// The 2-2-2 network of the S4 assignment's first part as the assignment writes it: its derivatives
// by the chain rule, one by one, without a tensor library.

using Weights = std::array<double, 8>;  // w1 to w8

inline constexpr double kInputs[] = {0.05, 0.10};   // i1, i2
inline constexpr double kTargets[] = {0.01, 0.99};  // t1, t2
inline constexpr Weights kFirst = {0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55};

inline double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// What flows through the network, by the assignment's names.
struct Flow {
  double h1, h2, a_h1, a_h2, o1, o2, a_o1, a_o2, loss;
};

inline Flow Forward(const Weights& w) {
  Flow flow = {};
  flow.h1 = w[0] * kInputs[0] + w[1] * kInputs[1];
  flow.h2 = w[2] * kInputs[0] + w[3] * kInputs[1];
  flow.a_h1 = Sigmoid(flow.h1);
  flow.a_h2 = Sigmoid(flow.h2);
  flow.o1 = w[4] * flow.a_h1 + w[5] * flow.a_h2;
  flow.o2 = w[6] * flow.a_h1 + w[7] * flow.a_h2;
  flow.a_o1 = Sigmoid(flow.o1);
  flow.a_o2 = Sigmoid(flow.o2);
  flow.loss =
      0.5 * std::pow(kTargets[0] - flow.a_o1, 2) + 0.5 * std::pow(kTargets[1] - flow.a_o2, 2);
  return flow;
}

inline Weights Derivatives(const Weights& w) {
  const Flow flow = Forward(w);
  const double d_o1 = (flow.a_o1 - kTargets[0]) * flow.a_o1 * (1 - flow.a_o1);
  const double d_o2 = (flow.a_o2 - kTargets[1]) * flow.a_o2 * (1 - flow.a_o2);
  const double d_h1 = (d_o1 * w[4] + d_o2 * w[6]) * flow.a_h1 * (1 - flow.a_h1);
  const double d_h2 = (d_o1 * w[5] + d_o2 * w[7]) * flow.a_h2 * (1 - flow.a_h2);
  return {d_h1 * kInputs[0], d_h1 * kInputs[1], d_h2 * kInputs[0], d_h2 * kInputs[1],
          d_o1 * flow.a_h1,  d_o1 * flow.a_h2,  d_o2 * flow.a_h1,  d_o2 * flow.a_h2};
}

}  // namespace traind::plain_backprop

#endif  // TRAIND_TESTS_TORCH_PLAIN_BACKPROP_H_
