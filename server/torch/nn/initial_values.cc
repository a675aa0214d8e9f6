#include "server/torch/nn/initial_values.h"

#include <cmath>
#include <vector>

namespace traind {
namespace {

// He et al.: gain sqrt(2), for ReLU.
double KaimingDeviation(const UnitFans& fans) {
  return std::sqrt(2.0) / std::sqrt(static_cast<double>(fans.in));
}

// Glorot and Bengio.
double XavierDeviation(const UnitFans& fans) {
  return std::sqrt(2.0 / static_cast<double>(fans.in + fans.out));
}

}  // namespace

at::Tensor InitialValues(const v1::Initializer& initializer, at::IntArrayRef sizes,
                         at::ScalarType type, const UnitFans& fans, at::Generator& generator) {
  const at::Tensor values = at::empty(sizes, type);
  const auto evenly = [&](double low, double high) { values.uniform_(low, high, generator); };
  const auto normally = [&](double mean, double deviation) {
    values.normal_(mean, deviation, generator);
  };
  // An even distribution has this deviation where its bound is sqrt(3) times as large.
  const auto evenly_with = [&](double deviation) {
    evenly(-std::sqrt(3.0) * deviation, std::sqrt(3.0) * deviation);
  };
  switch (initializer.kind_case()) {
    case v1::Initializer::kKaimingUniform:
      evenly_with(KaimingDeviation(fans));
      break;
    case v1::Initializer::kKaimingNormal:
      normally(0, KaimingDeviation(fans));
      break;
    case v1::Initializer::kXavierUniform:
      evenly_with(XavierDeviation(fans));
      break;
    case v1::Initializer::kXavierNormal:
      normally(0, XavierDeviation(fans));
      break;
    case v1::Initializer::kNormal:
      normally(initializer.normal().mean(), initializer.normal().standard_deviation());
      break;
    case v1::Initializer::kUniform:
      evenly(initializer.uniform().low(), initializer.uniform().high());
      break;
    case v1::Initializer::kConstant:
      values.fill_(initializer.constant());
      break;
    case v1::Initializer::kValues: {
      const auto& listed = initializer.values().value();
      values.copy_(
          at::tensor(std::vector<double>(listed.begin(), listed.end()), at::kDouble).view(sizes));
      break;
    }
    case v1::Initializer::KIND_NOT_SET: {
      // kaiming_uniform_ with a = sqrt(5) comes down to it.
      const double bound = 1 / std::sqrt(static_cast<double>(fans.in));
      evenly(-bound, bound);
      break;
    }
  }
  return values;
}

}  // namespace traind
