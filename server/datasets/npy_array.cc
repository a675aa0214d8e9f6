#include "server/datasets/npy_array.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/base/quoted_text.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

constexpr absl::string_view kMagic = "\x93NUMPY";
constexpr size_t kVersionBytes = 2;
constexpr size_t kNpyDimensionsMax = 8;

absl::Status Bad(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("expected a NumPy array, ", what));
}

// The text of the header and what follows it.
struct Parts {
  absl::string_view header;
  absl::string_view data;
};

absl::StatusOr<Parts> Divide(absl::string_view file) {
  if (!absl::ConsumePrefix(&file, kMagic)) return Bad("its first bytes are not \\x93NUMPY");
  if (file.size() < kVersionBytes) return Bad("it ends at byte 6, before its version");
  const int version = static_cast<unsigned char>(file[0]);
  file.remove_prefix(kVersionBytes);
  if (version < 1 || version > 3) return Bad(absl::StrCat("byte 6: its version is ", version));
  const size_t length_bytes = version == 1 ? 2 : 4;
  if (file.size() < length_bytes) return Bad("it ends at byte 8, within its header's length");
  size_t length = 0;
  for (size_t i = 0; i < length_bytes; ++i) {
    length |= size_t{static_cast<unsigned char>(file[i])} << (8 * i);
  }
  file.remove_prefix(length_bytes);
  if (length > file.size()) {
    return Bad(absl::StrCat("its header of ", length, " bytes is longer than the file"));
  }
  return Parts{file.substr(0, length), file.substr(length)};
}

// What stands behind 'key': in the header, up to the comma that ends it. The header is a
// Python literal that NumPy writes in one way.
std::optional<absl::string_view> ValueOf(absl::string_view header, absl::string_view key) {
  const std::string quoted = absl::StrCat("'", key, "'");
  const size_t found = header.find(quoted);
  if (found == absl::string_view::npos) return std::nullopt;
  absl::string_view rest = absl::StripLeadingAsciiWhitespace(header.substr(found + quoted.size()));
  if (!absl::ConsumePrefix(&rest, ":")) return std::nullopt;
  rest = absl::StripLeadingAsciiWhitespace(rest);
  size_t end = rest.find_first_of(",}");
  if (absl::StartsWith(rest, "(")) {
    end = rest.find(')');
    if (end != absl::string_view::npos) ++end;
  }
  if (end == absl::string_view::npos) return std::nullopt;
  return absl::StripAsciiWhitespace(rest.substr(0, end));
}

absl::StatusOr<NumberType> TypeOf(absl::string_view text) {
  if (!absl::ConsumePrefix(&text, "'") || !absl::ConsumeSuffix(&text, "'")) {
    return Bad("its elements are records of several fields; save each field as its own array");
  }
  constexpr std::pair<absl::string_view, NumberType> kTypes[] = {
      {"b1", NumberType::kBool},    {"u1", NumberType::kUint8},   {"i1", NumberType::kInt8},
      {"u2", NumberType::kUint16},  {"i2", NumberType::kInt16},   {"u4", NumberType::kUint32},
      {"i4", NumberType::kInt32},   {"u8", NumberType::kUint64},  {"i8", NumberType::kInt64},
      {"f2", NumberType::kFloat16}, {"f4", NumberType::kFloat32}, {"f8", NumberType::kFloat64}};
  if (text.size() < 2) return Bad(absl::StrCat("its type is ", QuotedText(text)));
  const char order = text.front();
  const absl::string_view kind = text.substr(1);
  if (kind.front() == 'O') {
    return Bad("it holds Python objects, and a pickle is never opened; save numbers");
  }
  for (const auto& [name, type] : kTypes) {
    if (kind != name) continue;
    if (order == '>' && NumberBytes(type) > 1) {
      return Bad("its numbers are big-endian; save it with a.astype('<" + std::string(name) + "')");
    }
    if (order == '<' || order == '|' || order == '=' || order == '>') return type;
  }
  return Bad(absl::StrCat("its type is ", QuotedText(text),
                          "; booleans, whole numbers and floats of 2, 4 or 8 bytes are read"));
}

absl::StatusOr<std::vector<int64_t>> ShapeOfHeader(absl::string_view text) {
  if (!absl::ConsumePrefix(&text, "(") || !absl::ConsumeSuffix(&text, ")")) {
    return Bad(absl::StrCat("its shape is ", QuotedText(text)));
  }
  std::vector<int64_t> shape;
  for (absl::string_view part : absl::StrSplit(text, ',', absl::SkipWhitespace())) {
    part = absl::StripAsciiWhitespace(part);
    int64_t size = 0;
    if (!absl::SimpleAtoi(part, &size) || size < 0 || shape.size() >= kNpyDimensionsMax) {
      return Bad(absl::StrCat("its shape is ", QuotedText(text)));
    }
    shape.push_back(size);
  }
  return shape;
}

}  // namespace

absl::StatusOr<NamedArray> ParseNpy(absl::string_view file, int64_t bytes_max) {
  ASSIGN_OR_RETURN(const Parts parts, Divide(file));
  const auto descr = ValueOf(parts.header, "descr");
  const auto order = ValueOf(parts.header, "fortran_order");
  const auto shape = ValueOf(parts.header, "shape");
  if (!descr || !order || !shape) {
    return Bad(absl::StrCat("its header is ", QuotedText(parts.header)));
  }
  NamedArray array;
  ASSIGN_OR_RETURN(array.type, TypeOf(*descr));
  ASSIGN_OR_RETURN(array.shape, ShapeOfHeader(*shape));
  int64_t bytes = NumberBytes(array.type);
  for (const int64_t size : array.shape) {
    if (size > 0 && bytes > bytes_max / size) {
      return absl::ResourceExhaustedError(absl::StrCat("expected at most ", bytes_max,
                                                       " bytes of an array, got the shape ",
                                                       absl::StrJoin(array.shape, " x ")));
    }
    bytes *= size;
  }
  if (*order != "False" && array.shape.size() > 1) {
    return Bad("it is stored column by column; save it with numpy.ascontiguousarray");
  }
  if (static_cast<int64_t>(parts.data.size()) != bytes) {
    return Bad(absl::StrCat("byte ", file.size() - parts.data.size(), ": ", bytes,
                            " bytes of numbers should follow, there are ", parts.data.size()));
  }
  array.bytes.assign(parts.data.begin(), parts.data.end());
  return array;
}

}  // namespace traind
