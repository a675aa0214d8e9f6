// How many float operations a second the convolutions of recipes/s4.textproto do on one thread, by
// each path that this processor has, beside what one core can do with its registers full.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "bench/train/peak_loops.h"
#include "server/kernels/conv.h"
#include "server/kernels/conv_bf16.h"

namespace traind {
namespace {

struct Layer {
  const char* name;
  ConvShape shape;
};

const Layer kForwardLayers[] = {{"conv1_5x5x1_32", {28, 28, 1, 32, 5, 5}},
                                {"conv2_3x3x32_16", {24, 24, 32, 16, 3, 3}},
                                {"conv3_3x3x16_16", {11, 11, 16, 16, 3, 3}},
                                {"conv4_3x3x16_64", {9, 9, 16, 64, 3, 3}}};
// Over dy with a border of two zeros; the counted operations include the border's columns.
const Layer kInputGradientLayers[] = {{"conv2_3x3x16_32", {26, 26, 16, 32, 3, 3, 2}},
                                      {"conv3_3x3x16_16", {13, 13, 16, 16, 3, 3, 2}},
                                      {"conv4_3x3x64_16", {11, 11, 64, 16, 3, 3, 2}}};

// 64-byte aligned, as the fused step's buffers are.
class Buffer {
 public:
  explicit Buffer(int64_t count) : storage_(count + 16, 0.01F) {}
  float* data() {
    const auto address = reinterpret_cast<uintptr_t>(storage_.data());
    return storage_.data() + (64 - address % 64) % 64 / sizeof(float);
  }

 private:
  std::vector<float> storage_;
};

struct LayerBuffers {
  explicit LayerBuffers(const ConvShape& s)
      : out_row(int64_t{s.out_width()} * s.out_channels),
        x(int64_t{s.in_height} * s.in_width * s.in_channels),
        weights(int64_t{s.kernel_height} * s.kernel_width * s.in_channels * s.out_channels),
        y(out_row * s.out_height()),
        bias(s.out_channels),
        sum(s.out_channels),
        product_sum(s.out_channels) {}

  int64_t out_row;
  Buffer x, weights, y, bias, sum, product_sum;
};

// Products that are not with rows of zeros, times 2.
double Operations(const ConvShape& s) {
  double kernel_rows = 0;
  for (int row = 0; row < s.out_height(); ++row) {
    for (int kh = 0; kh < s.kernel_height; ++kh) {
      kernel_rows += row + kh >= s.zero_rows && row + kh < s.in_height - s.zero_rows ? 1 : 0;
    }
  }
  return 2.0 * kernel_rows * s.out_width() * s.kernel_width * s.in_channels * s.out_channels;
}

void CountOperations(benchmark::State& state, double operations) {
  state.counters["GFLOP"] =
      benchmark::Counter(operations * 1e-9 * state.iterations(), benchmark::Counter::kIsRate);
}

void Forward(benchmark::State& state, const ConvKernels* kernels, const ConvShape& shape) {
  LayerBuffers buffers(shape);
  const ConvEpilogue epilogue = {buffers.bias.data(), true, nullptr, buffers.sum.data(),
                                 buffers.product_sum.data()};
  for (auto _ : state) {
    kernels->forward(shape, buffers.x.data(), buffers.weights.data(), epilogue, buffers.y.data(),
                     buffers.out_row);
    benchmark::ClobberMemory();
  }
  CountOperations(state, Operations(shape));
}

void WeightGradient(benchmark::State& state, const ConvKernels* kernels, const ConvShape& shape) {
  LayerBuffers buffers(shape);
  for (auto _ : state) {
    kernels->weight_gradient(shape, buffers.x.data(), buffers.y.data(), buffers.out_row,
                             buffers.weights.data());
    benchmark::ClobberMemory();
  }
  CountOperations(state, Operations(shape));
}

// The same memory serves for bf16: zeros, which take as long as other numbers.
const Bf16* AsBf16(Buffer& buffer) { return reinterpret_cast<const Bf16*>(buffer.data()); }

void ForwardBf16(benchmark::State& state, const Bf16ConvKernels* kernels, const ConvShape& shape) {
  LayerBuffers buffers(shape);
  std::vector<Bf16> packed(Bf16WeightCount(shape));
  const Bf16ConvEpilogue epilogue = {buffers.bias.data(), true, nullptr, buffers.sum.data(),
                                     buffers.product_sum.data()};
  for (auto _ : state) {
    kernels->forward(shape, AsBf16(buffers.x), packed.data(), epilogue,
                     reinterpret_cast<Bf16*>(buffers.y.data()), buffers.out_row);
    benchmark::ClobberMemory();
  }
  CountOperations(state, Operations(shape));
}

void WeightGradientBf16(benchmark::State& state, const Bf16ConvKernels* kernels,
                        const ConvShape& shape) {
  LayerBuffers buffers(shape);
  Buffer scratch(Bf16ScratchCount(shape));
  for (auto _ : state) {
    kernels->weight_gradient(shape, AsBf16(buffers.x), AsBf16(buffers.y), buffers.out_row,
                             reinterpret_cast<Bf16*>(scratch.data()), buffers.weights.data());
    benchmark::ClobberMemory();
  }
  CountOperations(state, Operations(shape));
}

// What one core can do with its registers full.
void Peak(benchmark::State& state, const PeakLoop* loop) {
  constexpr int kRounds = 1000;
  for (auto _ : state) loop->run(kRounds);
  CountOperations(state, static_cast<double>(loop->operations_per_round) * kRounds);
}

template <typename Kernels>
using LayerBenchmark = void(benchmark::State&, const Kernels*, const ConvShape&);

template <typename Kernels>
void RegisterPath(const Kernels* kernels, LayerBenchmark<Kernels>* forward,
                  LayerBenchmark<Kernels>* weight_gradient) {
  if (kernels == nullptr) return;
  const auto add = [&](const char* what, const Layer& layer, LayerBenchmark<Kernels>* run) {
    const std::string name = std::string(what) + "/" + kernels->name + "/" + layer.name;
    benchmark::RegisterBenchmark(name.c_str(), run, kernels, layer.shape);
  };
  for (const Layer& layer : kForwardLayers) add("forward", layer, forward);
  for (const Layer& layer : kInputGradientLayers) add("input_gradient", layer, forward);
  for (const Layer& layer : kForwardLayers) add("weight_gradient", layer, weight_gradient);
}

void Register() {
  for (const char* path : {"avx512", "avx2", "avx512bf16"}) {
    const PeakLoop* const loop = FindPeakLoop(path);
    if (loop == nullptr) continue;
    benchmark::RegisterBenchmark((std::string("peak/") + path).c_str(), &Peak, loop);
  }
  for (const char* path : {"amxbf16", "avx512bf16"}) {
    RegisterPath(FindBf16ConvKernels(path), &ForwardBf16, &WeightGradientBf16);
  }
  for (const char* path : {"avx512", "avx2", "portable"}) {
    RegisterPath(FindConvKernels(path), &Forward, &WeightGradient);
  }
}

}  // namespace
}  // namespace traind

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  traind::Register();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
