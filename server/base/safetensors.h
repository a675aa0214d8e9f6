#ifndef TRAIND_SERVER_BASE_SAFETENSORS_H_
#define TRAIND_SERVER_BASE_SAFETENSORS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace traind {

// One tensor of a safetensors file. Owns its description, not its bytes.
struct SafetensorsEntry {
  std::string name;
  std::string data_type;       // as the format spells it: `F32`, `I64`, `U8` …
  std::vector<int64_t> shape;  // outermost first; empty for a scalar
  absl::string_view bytes;     // row-major, little-endian
};

// Writes the safetensors format (github.com/huggingface/safetensors): eight bytes
// with the header's length, a JSON header padded with blanks to a multiple of
// eight, then the tensors' bytes. Entries are laid out by type, widest first, then
// by name, so that equal tensors give equal files, byte for byte as the reference
// implementation writes them. INVALID_ARGUMENT names the entry whose
// bytes do not fit its shape and type.
absl::StatusOr<std::string> WriteSafetensors(std::vector<SafetensorsEntry> entries);

// Reads a whole file. The entries, in order of their bytes, point into `file`,
// which must outlive them. DATA_LOSS says what is wrong: a length past the end,
// a header that is not JSON, an unknown type, sizes that do not fit, tensors
// that overlap or leave a gap.
absl::StatusOr<std::vector<SafetensorsEntry>> ReadSafetensors(absl::string_view file);

// Where the tensors begin in a file that starts with these bytes, at least eight, and has
// `file_bytes` in all. DATA_LOSS.
absl::StatusOr<int64_t> SafetensorsHeaderEnd(absl::string_view start, int64_t file_bytes);

// The entries without their bytes, of a file of `file_bytes` that starts with `header`, all
// that is before the tensors. DATA_LOSS as ReadSafetensors.
absl::StatusOr<std::vector<SafetensorsEntry>> ReadSafetensorsHeader(absl::string_view header,
                                                                    int64_t file_bytes);

}  // namespace traind

#endif  // TRAIND_SERVER_BASE_SAFETENSORS_H_
