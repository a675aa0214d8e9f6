#ifndef TRAIND_SERVER_TORCH_INFER_AOTI_PACKAGE_H_
#define TRAIND_SERVER_TORCH_INFER_AOTI_PACKAGE_H_

#include <memory>
#include <string>

#include "server/torch/torch_headers.h"

namespace traind {

// An AOTInductor package: machine code for this processor, which becomes part of the
// process. Its faults are ModuleErrors, as far as they are not the process's end.
// Thread-safe.
class AotiPackage {
 public:
  // Reads a file that FormatOfModule has judged; `runner_count` calls run at once, more
  // wait. Throws ModuleError, also for a package that was compiled for another device.
  AotiPackage(const std::string& path, int runner_count);
  AotiPackage(const AotiPackage&) = delete;
  ~AotiPackage();

  // Rows to [N, K] of floating point.
  at::Tensor Run(const at::Tensor& rows) const;

  // What its metadata says under this name; empty: nothing.
  std::string Metadata(const std::string& name) const;

 private:
  struct Loader;  // LibTorch's, kept out of this header

  const std::unique_ptr<Loader> loader_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_INFER_AOTI_PACKAGE_H_
