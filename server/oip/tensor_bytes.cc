#include "server/oip/tensor_bytes.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "absl/strings/str_cat.h"

namespace traind {
namespace {

using inference::InferTensorContents;

// Elements are copied as they lie in memory.
static_assert(std::endian::native == std::endian::little);

constexpr size_t kLengthBytes = 4;

absl::Status CheckBytesElements(int64_t count, absl::string_view bytes) {
  size_t at = 0;
  for (int64_t i = 0; i < count; ++i) {
    const size_t left = bytes.size() - at;
    uint32_t length = 0;
    if (left < kLengthBytes) {
      return absl::InvalidArgumentError(absl::StrCat("expected ", count,
                                                     " elements of BYTES, got bytes for ", i,
                                                     " and ", left, " bytes of the next"));
    }
    std::memcpy(&length, bytes.data() + at, kLengthBytes);
    if (length > left - kLengthBytes) {
      return absl::InvalidArgumentError(absl::StrCat("element ", i, " of BYTES: expected ", length,
                                                     " bytes, as its length says, got ",
                                                     left - kLengthBytes));
    }
    at += kLengthBytes + length;
  }
  if (at < bytes.size()) {
    return absl::InvalidArgumentError(absl::StrCat("expected ", at, " bytes for ", count,
                                                   " elements of BYTES, got ", bytes.size()));
  }
  return absl::OkStatus();
}

template <typename Element, typename Values>
absl::StatusOr<std::string> Pack(const Values& values) {
  using Value = typename Values::value_type;
  constexpr Value kLowest = std::numeric_limits<Element>::min();
  constexpr Value kHighest = std::numeric_limits<Element>::max();
  std::string bytes(values.size() * sizeof(Element), '\0');
  size_t at = 0;
  for (const Value value : values) {
    if (value < kLowest || value > kHighest) {
      return absl::InvalidArgumentError(absl::StrCat("element ", at / sizeof(Element),
                                                     ": expected ", kLowest, " to ", kHighest,
                                                     ", got ", value));
    }
    const Element element = static_cast<Element>(value);
    std::memcpy(bytes.data() + at, &element, sizeof(element));
    at += sizeof(element);
  }
  return bytes;
}

// For fields whose elements are the tensor's already.
template <typename Values>
absl::StatusOr<std::string> Copy(const Values& values) {
  if (values.empty()) return std::string();
  return std::string(reinterpret_cast<const char*>(values.data()),
                     values.size() * sizeof(*values.data()));
}

absl::StatusOr<std::string> PackBytes(
    const google::protobuf::RepeatedPtrField<std::string>& values) {
  std::string bytes;
  for (const std::string& value : values) AppendBytesElement(value, bytes);
  return bytes;
}

// Where the elements of a datatype are in typed contents.
struct TypedContents {
  absl::string_view datatype;
  const char* field;
  int (InferTensorContents::*size)() const;
  absl::StatusOr<std::string> (*pack)(const InferTensorContents& contents);
};

using Contents = InferTensorContents;
const TypedContents kTypedContents[] = {
    {"BOOL", "bool_contents", &Contents::bool_contents_size,
     [](const Contents& contents) { return Copy(contents.bool_contents()); }},
    {"INT8", "int_contents", &Contents::int_contents_size,
     [](const Contents& contents) { return Pack<int8_t>(contents.int_contents()); }},
    {"INT16", "int_contents", &Contents::int_contents_size,
     [](const Contents& contents) { return Pack<int16_t>(contents.int_contents()); }},
    {"INT32", "int_contents", &Contents::int_contents_size,
     [](const Contents& contents) { return Copy(contents.int_contents()); }},
    {"INT64", "int64_contents", &Contents::int64_contents_size,
     [](const Contents& contents) { return Copy(contents.int64_contents()); }},
    {"UINT8", "uint_contents", &Contents::uint_contents_size,
     [](const Contents& contents) { return Pack<uint8_t>(contents.uint_contents()); }},
    {"UINT16", "uint_contents", &Contents::uint_contents_size,
     [](const Contents& contents) { return Pack<uint16_t>(contents.uint_contents()); }},
    {"UINT32", "uint_contents", &Contents::uint_contents_size,
     [](const Contents& contents) { return Copy(contents.uint_contents()); }},
    {"UINT64", "uint64_contents", &Contents::uint64_contents_size,
     [](const Contents& contents) { return Copy(contents.uint64_contents()); }},
    {"FP32", "fp32_contents", &Contents::fp32_contents_size,
     [](const Contents& contents) { return Copy(contents.fp32_contents()); }},
    {"FP64", "fp64_contents", &Contents::fp64_contents_size,
     [](const Contents& contents) { return Copy(contents.fp64_contents()); }},
    {"BYTES", "bytes_contents", &Contents::bytes_contents_size,
     [](const Contents& contents) { return PackBytes(contents.bytes_contents()); }},
};

const TypedContents* FindTypedContents(const OipDatatype& datatype) {
  for (const TypedContents& typed : kTypedContents) {
    if (typed.datatype == datatype.name) return &typed;
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<int64_t> CountElements(const OipDatatype& datatype,
                                      absl::Span<const int64_t> shape) {
  const int64_t most =
      std::numeric_limits<int64_t>::max() / std::max<int64_t>(1, datatype.element_bytes);
  int64_t count = 1;
  bool overflows = false;
  bool empty = false;
  for (const int64_t size : shape) {
    if (size < 0) {
      return absl::InvalidArgumentError(absl::StrCat("expected sizes of 0 or more, got ", size));
    }
    empty = empty || size == 0;
    overflows = overflows || (size > 0 && count > most / size);
    if (!overflows && size > 0) count *= size;
  }
  // Without elements, the other sizes cost nothing.
  if (empty) return 0;
  if (overflows) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected at most ", most, " elements, got more"));
  }
  return count;
}

absl::Status CheckTensorBytes(const OipDatatype& datatype, int64_t count, absl::string_view bytes) {
  if (datatype.element_bytes == 0) return CheckBytesElements(count, bytes);
  const int64_t expected = count * datatype.element_bytes;
  const int64_t got = static_cast<int64_t>(bytes.size());
  if (got == expected) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("expected ", expected, " bytes, got ", got));
}

absl::StatusOr<std::string> PackContents(const OipDatatype& datatype, int64_t count,
                                         const InferTensorContents& contents) {
  const TypedContents* const typed = FindTypedContents(datatype);
  if (typed == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected raw_input_contents, since contents have no field for ",
                     datatype.name, ", got contents"));
  }
  for (const TypedContents& other : kTypedContents) {
    const int size = (contents.*other.size)();
    if (size > 0 && absl::string_view(other.field) != typed->field) {
      return absl::InvalidArgumentError(absl::StrCat("expected elements in ", typed->field,
                                                     " only, got ", size, " in ", other.field));
    }
  }
  const int got = (contents.*typed->size)();
  if (got != count) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected ", count, " elements in ", typed->field, ", got ", got));
  }
  return typed->pack(contents);
}

void AppendBytesElement(absl::string_view element, std::string& bytes) {
  // Messages are far below 4 GiB, so the length fits.
  const uint32_t length = static_cast<uint32_t>(element.size());
  char prefix[kLengthBytes];
  std::memcpy(prefix, &length, kLengthBytes);
  bytes.append(prefix, kLengthBytes);
  bytes.append(element.data(), element.size());
}

}  // namespace traind
