#include "server/torch/module_error.h"

#include <algorithm>
#include <new>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/torch/torch_headers.h"

namespace traind {
namespace {

// What the interpreter puts before the reason, after a trace of the module's own lines.
constexpr absl::string_view kReasonMarks[] = {"RuntimeError: ", "torch.jit.Error: ", "Exception: "};
constexpr size_t kReasonBytesMax = 400;

}  // namespace

std::string FirstReason(absl::string_view message) {
  for (const absl::string_view mark : kReasonMarks) {
    const size_t at = message.rfind(mark);
    if (at == absl::string_view::npos) continue;
    message.remove_prefix(at + mark.size());
    break;
  }
  message = absl::StripLeadingAsciiWhitespace(message);
  message = message.substr(0, std::min(message.find('\n'), kReasonBytesMax));
  return std::string(absl::StripTrailingAsciiWhitespace(message));
}

void RethrowAsModuleError() {
  try {
    throw;
  } catch (const ModuleError&) {
    throw;
  } catch (const c10::OutOfMemoryError&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const c10::Error& error) {
    throw ModuleError(absl::StrCat("the module: ", FirstReason(error.what_without_backtrace())));
  } catch (const std::exception& error) {
    throw ModuleError(absl::StrCat("the module: ", FirstReason(error.what())));
  }
}

}  // namespace traind
