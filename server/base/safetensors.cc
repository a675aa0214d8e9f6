#include "server/base/safetensors.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr size_t kLengthBytes = 8;
// The reference implementation refuses longer headers too.
constexpr uint64_t kHeaderBytesMax = 100'000'000;

struct ElementType {
  absl::string_view name;
  int64_t bytes;
};

// In the order in which the reference implementation lays types out.
constexpr ElementType kElementTypes[] = {
    {"U64", 8}, {"I64", 8}, {"F64", 8}, {"F32", 4}, {"U32", 4}, {"I32", 4}, {"BF16", 2},
    {"F16", 2}, {"U16", 2}, {"I16", 2}, {"I8", 1},  {"U8", 1},  {"BOOL", 1}};

// The end of the table for a type that is not known.
const ElementType* FindType(absl::string_view name) {
  return std::find_if(std::begin(kElementTypes), std::end(kElementTypes),
                      [&](const ElementType& type) { return type.name == name; });
}

// Bytes that a tensor takes; nothing when the type is unknown, a size negative
// or the product too large.
std::optional<int64_t> TensorBytes(const SafetensorsEntry& entry) {
  const ElementType* type = FindType(entry.data_type);
  if (type == std::end(kElementTypes)) return std::nullopt;
  int64_t bytes = type->bytes;
  for (const int64_t size : entry.shape) {
    if (size < 0 || (size > 0 && bytes > std::numeric_limits<int64_t>::max() / size)) {
      return std::nullopt;
    }
    bytes *= size;
  }
  return bytes;
}

// The header's length is stored as little-endian 64 bits, whatever the machine.
std::string EncodeLength(uint64_t length) {
  std::string bytes;
  for (size_t i = 0; i < kLengthBytes; ++i) bytes += static_cast<char>(length >> (8 * i));
  return bytes;
}

uint64_t DecodeLength(absl::string_view bytes) {
  uint64_t length = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    length |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return length;
}

std::string Describe(const SafetensorsEntry& entry) {
  return absl::StrCat("tensor '", entry.name, "' ", entry.data_type, " [",
                      absl::StrJoin(entry.shape, ", "), "]");
}

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("safetensors file is damaged: ", what));
}

// Where a tensor's bytes lie, counted from the end of the header.
struct Extent {
  uint64_t begin;
  uint64_t end;
};

bool IsArrayOfSizes(const OrderedJson& json, absl::string_view field) {
  const auto it = json.find(std::string(field));
  return it != json.end() && it->is_array() &&
         std::all_of(it->begin(), it->end(), [](const OrderedJson& value) {
           return value.is_number_unsigned() &&
                  value.get<uint64_t>() <= uint64_t{std::numeric_limits<int64_t>::max()};
         });
}

absl::StatusOr<std::pair<Extent, SafetensorsEntry>> ReadEntry(const std::string& name,
                                                              const OrderedJson& json,
                                                              uint64_t data_bytes) {
  const auto type = json.is_object() ? json.find("dtype") : json.end();
  if (!json.is_object() || type == json.end() || !type->is_string() ||
      !IsArrayOfSizes(json, "shape") || !IsArrayOfSizes(json, "data_offsets") ||
      json["data_offsets"].size() != 2) {
    return Damaged(absl::StrCat("expected dtype, shape and two data_offsets for tensor '", name,
                                "', got ", json.dump(-1, ' ', true)));
  }
  SafetensorsEntry entry{
      name, type->get<std::string>(), json["shape"].get<std::vector<int64_t>>(), {}};
  const Extent extent{json["data_offsets"][0].get<uint64_t>(),
                      json["data_offsets"][1].get<uint64_t>()};
  const std::optional<int64_t> bytes = TensorBytes(entry);
  if (!bytes) return Damaged(absl::StrCat(Describe(entry), " has an unknown type or absurd size"));
  if (extent.begin > extent.end || extent.end > data_bytes) {
    return Damaged(absl::StrCat(Describe(entry), " lies at ", extent.begin, " to ", extent.end,
                                ", but the file holds ", data_bytes, " bytes of tensors"));
  }
  if (extent.end - extent.begin != static_cast<uint64_t>(*bytes)) {
    return Damaged(absl::StrCat(Describe(entry), " needs ", *bytes, " bytes, got ",
                                extent.end - extent.begin));
  }
  return std::make_pair(extent, std::move(entry));
}

// The entries of a header's JSON, in order of their bytes, which fill `data_bytes`.
absl::StatusOr<std::vector<SafetensorsEntry>> ReadEntries(absl::string_view text,
                                                          uint64_t data_bytes) {
  const OrderedJson header = OrderedJson::parse(text.begin(), text.end(), nullptr,
                                                /*allow_exceptions=*/false);
  if (!header.is_object()) return Damaged("its header is not a JSON object");

  std::vector<std::pair<Extent, SafetensorsEntry>> found;
  for (const auto& [name, json] : header.items()) {
    if (name == "__metadata__") continue;
    ASSIGN_OR_RETURN(found.emplace_back(), ReadEntry(name, json, data_bytes));
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first.begin, a.first.end) < std::tie(b.first.begin, b.first.end);
  });
  std::vector<SafetensorsEntry> entries;
  uint64_t expected = 0;
  for (auto& [extent, entry] : found) {
    if (extent.begin != expected) {
      return Damaged(
          absl::StrCat(Describe(entry), " was expected at ", expected, ", lies at ", extent.begin));
    }
    expected = extent.end;
    entries.push_back(std::move(entry));
  }
  if (expected != data_bytes) {
    return Damaged(
        absl::StrCat("tensors end at ", expected, ", the file has ", data_bytes, " bytes of them"));
  }
  return entries;
}

}  // namespace

absl::StatusOr<std::string> WriteSafetensors(std::vector<SafetensorsEntry> entries) {
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return std::make_tuple(FindType(a.data_type), absl::string_view(a.name)) <
           std::make_tuple(FindType(b.data_type), absl::string_view(b.name));
  });
  OrderedJson header = OrderedJson::object();
  size_t offset = 0;
  for (const SafetensorsEntry& entry : entries) {
    const std::optional<int64_t> bytes = TensorBytes(entry);
    if (!bytes || static_cast<uint64_t>(*bytes) != entry.bytes.size()) {
      return absl::InvalidArgumentError(absl::StrCat(Describe(entry), " needs ", bytes.value_or(0),
                                                     " bytes, got ", entry.bytes.size()));
    }
    const size_t end = offset + entry.bytes.size();
    header[entry.name] = {
        {"dtype", entry.data_type}, {"shape", entry.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');

  std::string file = EncodeLength(text.size());
  file.reserve(kLengthBytes + text.size() + offset);
  file += text;
  for (const SafetensorsEntry& entry : entries) file.append(entry.bytes.data(), entry.bytes.size());
  return file;
}

absl::StatusOr<std::vector<SafetensorsEntry>> ReadSafetensors(absl::string_view file) {
  const int64_t file_bytes = static_cast<int64_t>(file.size());
  ASSIGN_OR_RETURN(const int64_t end, SafetensorsHeaderEnd(file, file_bytes));
  ASSIGN_OR_RETURN(std::vector<SafetensorsEntry> entries,
                   ReadSafetensorsHeader(file.substr(0, static_cast<size_t>(end)), file_bytes));
  // They follow each other without a gap.
  absl::string_view data = file.substr(static_cast<size_t>(end));
  for (SafetensorsEntry& entry : entries) {
    entry.bytes = data.substr(0, static_cast<size_t>(*TensorBytes(entry)));
    data.remove_prefix(entry.bytes.size());
  }
  return entries;
}

absl::StatusOr<int64_t> SafetensorsHeaderEnd(absl::string_view start, int64_t file_bytes) {
  if (start.size() < kLengthBytes) {
    return Damaged(absl::StrCat("expected at least 8 bytes, got ", start.size()));
  }
  const uint64_t header_bytes = DecodeLength(start.substr(0, kLengthBytes));
  if (header_bytes > kHeaderBytesMax ||
      header_bytes > static_cast<uint64_t>(file_bytes) - kLengthBytes) {
    return Damaged(
        absl::StrCat("a header of ", header_bytes, " bytes does not fit a file of ", file_bytes));
  }
  return static_cast<int64_t>(kLengthBytes + header_bytes);
}

absl::StatusOr<std::vector<SafetensorsEntry>> ReadSafetensorsHeader(absl::string_view header,
                                                                    int64_t file_bytes) {
  ASSIGN_OR_RETURN(const int64_t end, SafetensorsHeaderEnd(header, file_bytes));
  if (static_cast<uint64_t>(end) != header.size()) {
    return Damaged(absl::StrCat("expected a header of ", end, " bytes, got ", header.size()));
  }
  return ReadEntries(header.substr(kLengthBytes), static_cast<uint64_t>(file_bytes - end));
}

}  // namespace traind
