#include "server/kernels/amx_support.h"

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "server/kernels/conv_check.h"
#include "server/kernels/paths.h"

namespace traind {
namespace {

// Intel's Software Developer's Manual: CPUID, XCR0.
constexpr uint32_t kOsUsesXsave = 1U << 27;
constexpr uint32_t kAmxBf16 = 1U << 22;
constexpr uint32_t kAmxTile = 1U << 24;
constexpr uint64_t kTileConfigAndData = 3ULL << 17;

// Linux's asm/prctl.h and asm/fpu/types.h, since 5.16; older headers lack them.
constexpr int kRequestPermission = 0x1023;
constexpr int kTileData = 18;

AmxProcessor ThisProcessor() {
  AmxProcessor processor;
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0) processor.leaf_1_ecx = ecx;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0) processor.leaf_7_edx = edx;
  if ((processor.leaf_1_ecx & kOsUsesXsave) != 0) {
    uint32_t low = 0, high = 0;
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    processor.saved_state = uint64_t{high} << 32 | low;
  }
  return processor;
}

int RequestTilePermission() {
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0 ? 0 : errno;
}

absl::Status FindOut() {
  absl::Status status = CheckAmxProcessor(ThisProcessor());
  if (status.ok()) status = CheckTilePermission(RequestTilePermission());
  if (status.ok()) status = CheckAgainstPortable(kAmxBf16Conv);
  return status;
}

}  // namespace

absl::Status CheckAmxProcessor(const AmxProcessor& processor) {
  constexpr uint32_t kBoth = kAmxBf16 | kAmxTile;
  if ((processor.leaf_7_edx & kBoth) != kBoth) {
    return absl::UnimplementedError("this processor has no AMX for bf16");
  }
  const bool saved = (processor.leaf_1_ecx & kOsUsesXsave) != 0 &&
                     (processor.saved_state & kTileConfigAndData) == kTileConfigAndData;
  if (saved) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "expected an operating system that saves AMX's tiles (Linux 5.16 or newer), got one that "
      "does "
      "not");
}

absl::Status CheckTilePermission(int error) {
  if (error == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "expected Linux to permit AMX's tiles to this process, got: ", std::strerror(error)));
}

const absl::Status& AmxBf16Status() {
  static const absl::Status& status = *new absl::Status(FindOut());
  return status;
}

}  // namespace traind
