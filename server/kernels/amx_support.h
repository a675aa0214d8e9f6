#ifndef TRAIND_SERVER_KERNELS_AMX_SUPPORT_H_
#define TRAIND_SERVER_KERNELS_AMX_SUPPORT_H_

#include <cstdint>

#include "absl/status/status.h"

namespace traind {

// What the processor says of AMX.
struct AmxProcessor {
  uint32_t leaf_1_ecx = 0;  // CPUID
  uint32_t leaf_7_edx = 0;
  uint64_t saved_state = 0;  // XCR0: what the kernel saves at a change of threads; 0 without XGETBV
};

// OK, or why this processor's tiles cannot multiply bf16: UNIMPLEMENTED where it has none,
// FAILED_PRECONDITION where the kernel does not save them.
absl::Status CheckAmxProcessor(const AmxProcessor& processor);

// FAILED_PRECONDITION for an error of arch_prctl(ARCH_REQ_XCOMP_PERM), OK for 0.
absl::Status CheckTilePermission(int error);

// OK, or why this process does not multiply bf16 by AMX: as above, or INTERNAL where the results of
// this processor are not those of the portable path (conv_check.h). Only a call that finds an able
// processor asks Linux for the process's permission to use tiles, which holds for all of its
// threads and until it ends. Found out once, at the first call. Thread-safe.
const absl::Status& AmxBf16Status();

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_AMX_SUPPORT_H_
