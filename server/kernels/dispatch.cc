#include "server/kernels/amx_support.h"
#include "server/kernels/paths.h"

namespace traind {
namespace {

// The fastest first; the last one runs everywhere.
constexpr const ConvKernels* kConvPaths[] = {&kAvx512Conv, &kAvx2Conv, &kPortableConv};
constexpr const Bf16ConvKernels* kBf16ConvPaths[] = {&kAmxBf16Conv, &kAvx512Bf16Conv,
                                                     &kPortableBf16Conv};
constexpr const ElementwiseKernels* kElementwisePaths[] = {&kAvx512Elementwise, &kAvx2Elementwise,
                                                           &kPortableElementwise};

constexpr const Bf16ElementwiseKernels* kBf16ElementwisePaths[] = {&kAvx512Bf16Elementwise,
                                                                   &kPortableBf16Elementwise};

bool ProcessorRuns(absl::string_view path) {
  if (path == "avx512") {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  }
  if (path == "avx512bf16") return ProcessorRuns("avx512") && __builtin_cpu_supports("avx512bf16");
  if (path == "amxbf16") return ProcessorRuns("avx512bf16") && AmxBf16Status().ok();
  if (path == "avx2") return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return true;
}

// The first of `paths` that this processor runs, of the name `name` unless that is empty.
template <typename Kernels, size_t kCount>
const Kernels* Find(const Kernels* const (&paths)[kCount], absl::string_view name) {
  for (const Kernels* kernels : paths) {
    if ((name.empty() || name == kernels->name) && ProcessorRuns(kernels->name)) return kernels;
  }
  return nullptr;
}

}  // namespace

const ConvKernels& BestConvKernels() {
  static const ConvKernels& best = *Find(kConvPaths, "");
  return best;
}

const ConvKernels* FindConvKernels(absl::string_view name) {
  return name.empty() ? nullptr : Find(kConvPaths, name);
}

const Bf16ConvKernels& BestBf16ConvKernels() {
  static const Bf16ConvKernels& best = *Find(kBf16ConvPaths, "");
  return best;
}

const Bf16ConvKernels* FindBf16ConvKernels(absl::string_view name) {
  return name.empty() ? nullptr : Find(kBf16ConvPaths, name);
}

const Bf16ElementwiseKernels& BestBf16ElementwiseKernels() {
  static const Bf16ElementwiseKernels& best = *Find(kBf16ElementwisePaths, "");
  return best;
}

const Bf16ElementwiseKernels* FindBf16ElementwiseKernels(absl::string_view name) {
  // AMX does nothing but multiply.
  if (name == kAmxBf16Conv.name) name = kAvx512Bf16Elementwise.name;
  return name.empty() ? nullptr : Find(kBf16ElementwisePaths, name);
}

const ElementwiseKernels& BestElementwiseKernels() {
  static const ElementwiseKernels& best = *Find(kElementwisePaths, "");
  return best;
}

const ElementwiseKernels* FindElementwiseKernels(absl::string_view name) {
  return name.empty() ? nullptr : Find(kElementwisePaths, name);
}

}  // namespace traind
