#include "server/modules/module_archive.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/base/status_macros.h"
#include "server/datasets/mapped_file.h"
#include "server/datasets/zip_archive.h"

namespace traind {
namespace {

constexpr absl::string_view kZipBeginning = "PK\x03\x04";
// The first byte of every pickle that Python has written since 2003.
constexpr char kPickleBeginning = '\x80';

absl::Status NoModule(absl::string_view got) {
  return absl::InvalidArgumentError(
      absl::StrCat("expected a TorchScript file (torch.jit.save) or an AOTInductor package "
                   "(torch._inductor.aoti_compile_and_package), got ",
                   got));
}

absl::Status Pickle() {
  return NoModule(
      "a pickle, as torch.save writes it: pickles are never opened; save the model with "
      "torch.jit.script(model).save(FILE)");
}

// Names without the folder that all of an archive's files lie in.
std::vector<std::string> WithoutFolder(std::vector<std::string> names) {
  for (std::string& name : names) {
    const size_t slash = name.find('/');
    if (slash != std::string::npos) name.erase(0, slash + 1);
  }
  return names;
}

bool HasName(const std::vector<std::string>& names, absl::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool HasFolder(const std::vector<std::string>& names, absl::string_view folder) {
  return std::any_of(names.begin(), names.end(),
                     [folder](const std::string& name) { return absl::StartsWith(name, folder); });
}

}  // namespace

absl::StatusOr<v1::ModuleFormat> FormatOfModule(const std::string& path, const Limits& limits) {
  ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
  if (file.bytes().empty()) return NoModule("an empty file");
  if (!absl::StartsWith(file.bytes(), kZipBeginning)) {
    return file.bytes()[0] == kPickleBeginning ? Pickle() : NoModule("a file that is no archive");
  }
  ASSIGN_OR_RETURN(std::vector<std::string> listed,
                   ListZip(file.bytes(), limits.module_entries_max));
  const std::vector<std::string> names = WithoutFolder(std::move(listed));
  if (HasFolder(names, "data/aotinductor/")) return v1::MODULE_FORMAT_AOTINDUCTOR;
  if (HasName(names, "constants.pkl") && HasFolder(names, "code/")) {
    return v1::MODULE_FORMAT_TORCHSCRIPT;
  }
  if (HasName(names, "data.pkl")) return Pickle();
  if (HasFolder(names, "models/")) {
    return NoModule(
        "a program of torch.export: compile it with torch._inductor.aoti_compile_and_package");
  }
  return NoModule("another archive");
}

}  // namespace traind
