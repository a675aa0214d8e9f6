#include "server/torch/torch_status.h"

#include <exception>
#include <new>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/torch/module_error.h"
#include "server/torch/torch_headers.h"

namespace traind {
namespace {

constexpr absl::string_view kOutOfMemoryAdvice =
    "; take a smaller batch_size or a machine with more memory";

// The CPU allocator throws a plain error; only its words tell what it is.
bool IsCpuOutOfMemory(absl::string_view message) {
  return absl::StrContains(message, "DefaultCPUAllocator: can't allocate memory");
}

}  // namespace

absl::Status CurrentExceptionStatus() {
  try {
    throw;
  } catch (const c10::OutOfMemoryError& error) {
    return absl::ResourceExhaustedError(
        absl::StrCat("out of device memory: ", error.what_without_backtrace(), kOutOfMemoryAdvice));
  } catch (const c10::Error& error) {
    const absl::string_view message = error.what_without_backtrace();
    if (IsCpuOutOfMemory(message)) {
      return absl::ResourceExhaustedError(
          absl::StrCat("out of memory: ", message, kOutOfMemoryAdvice));
    }
    return absl::InternalError(absl::StrCat("tensor library: ", message));
  } catch (const ModuleError& error) {
    return absl::InvalidArgumentError(error.what());
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(absl::StrCat("out of memory", kOutOfMemoryAdvice));
  } catch (const std::exception& error) {
    return absl::InternalError(absl::StrCat("unexpected exception: ", error.what()));
  }
}

}  // namespace traind
