#include "client/trainctl/module_text.h"

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/trainctl/byte_text.h"
#include "client/trainctl/enum_words.h"
#include "client/trainctl/text_table.h"

namespace traind {
namespace {

constexpr size_t kModuleSha256Digits = 12;

std::string SampleRowsText(const v1::Module& module) {
  return module.fixed_row_count() == 0 ? "N" : absl::StrCat(module.fixed_row_count());
}

std::string InputText(const v1::Module& module) {
  return absl::StrCat("[", SampleRowsText(module), ", ", absl::StrJoin(module.input_shape(), ", "),
                      "]");
}

std::string OutputText(const v1::Module& module) {
  return absl::StrCat("[", SampleRowsText(module), ", ", module.out_features(), "]");
}

std::string FormatText(const v1::Module& module) {
  return EnumWord(*v1::ModuleFormat_descriptor(), module.format());
}

std::string ParameterCountText(const v1::Module& module) {
  return module.parameter_count() == 0 ? "" : absl::StrCat(module.parameter_count());
}

}  // namespace

std::string ModuleTable(const std::vector<v1::Module>& modules) {
  TextTable table({"NAME", "FORMAT", "INPUT", "OUTPUT", "PARAMETERS", "TRAINS", "SIZE", "SHA-256"});
  for (const v1::Module& module : modules) {
    if (module.sha256().empty()) {
      table.AddRow({module.name(), "damaged"});
      continue;
    }
    table.AddRow({module.name(), FormatText(module), InputText(module), OutputText(module),
                  ParameterCountText(module), module.untrainable_reason().empty() ? "yes" : "no",
                  ByteText(module.size_bytes()), module.sha256().substr(0, kModuleSha256Digits)});
  }
  return table.Render();
}

std::string ModuleText(const v1::Module& module) {
  std::string text = absl::StrCat(module.name(), ": ", FormatText(module), ", ",
                                  ByteText(module.size_bytes()), "\n  input       ",
                                  InputText(module), "\n  output      ", OutputText(module), "\n");
  if (module.parameter_count() > 0) {
    absl::StrAppend(&text, "  parameters  ", module.parameter_count(), "\n");
  }
  absl::StrAppend(&text, "  trains      ",
                  module.untrainable_reason().empty()
                      ? "yes"
                      : absl::StrCat("no: ", module.untrainable_reason()),
                  "\n  SHA-256     ", module.sha256(), "\n");
  return text;
}

std::string ModuleLine(const v1::Module& module) {
  return absl::StrCat(
      "module ", module.name(), ": ", FormatText(module), ", ", InputText(module), " to ",
      OutputText(module), ", ",
      module.untrainable_reason().empty() ? "can be trained and served" : "can be served");
}

absl::StatusOr<std::vector<int64_t>> ParseSizes(const std::string& text) {
  std::vector<int64_t> sizes;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    int64_t size = 0;
    if (!absl::SimpleAtoi(part, &size) || size < 1) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--input: expected the sizes of one row, such as 4 or 1,28,28, got `", text, "`"));
    }
    sizes.push_back(size);
  }
  return sizes;
}

}  // namespace traind
