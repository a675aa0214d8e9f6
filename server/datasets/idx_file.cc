#include "server/datasets/idx_file.h"

#include <array>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/status_macros.h"
#include "server/datasets/byte_source.h"

namespace traind {
namespace {

// Values of one file; a header that promises more is refused before anything
// is allocated for it.
constexpr int64_t kValuesMax = int64_t{4} << 30;
// Dimensions that a caller may ask for.
constexpr int kDimensionsMax = 8;
constexpr uint8_t kUnsignedByteType = 0x08;

absl::Status DamagedIdx(const std::string& path, absl::string_view expected,
                        absl::string_view got) {
  return absl::DataLossError(
      absl::StrCat(path, ": expected ", expected, ", got ", got, "; fetch the dataset again"));
}

std::string Hex(absl::Span<const uint8_t> bytes) {
  return absl::StrJoin(bytes, " ", [](std::string* out, uint8_t byte) {
    absl::StrAppend(out, absl::Hex(byte, absl::kZeroPad2));
  });
}

absl::Status ReadMagic(const std::string& path, int dimension_count, ByteSource& source) {
  std::array<uint8_t, 4> magic = {};
  ASSIGN_OR_RETURN(const size_t count, source.Read(absl::MakeSpan(magic)));
  if (count < magic.size()) {
    return DamagedIdx(path, "the 4 bytes of an IDX magic number", absl::StrCat(count, " bytes"));
  }
  const std::array<uint8_t, 4> expected = {0, 0, kUnsignedByteType,
                                           static_cast<uint8_t>(dimension_count)};
  if (magic == expected) return absl::OkStatus();
  return DamagedIdx(path,
                    absl::StrCat("IDX magic ", Hex(expected), " (unsigned bytes, ", dimension_count,
                                 " dimensions)"),
                    Hex(magic));
}

// The file's own sizes, each at least 1 and their product at most kValuesMax
// and what the file can hold.
absl::StatusOr<std::vector<int64_t>> ReadShape(const std::string& path, int dimension_count,
                                               ByteSource& source) {
  std::vector<int64_t> shape;
  int64_t product = 1;
  for (int i = 0; i < dimension_count; ++i) {
    std::array<uint8_t, 4> bytes = {};
    ASSIGN_OR_RETURN(const size_t count, source.Read(absl::MakeSpan(bytes)));
    if (count < bytes.size()) {
      return DamagedIdx(path, absl::StrCat(dimension_count, " sizes in the header"),
                        absl::StrCat(i, " and the end of the file"));
    }
    const int64_t size = int64_t{bytes[0]} << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
    if (size == 0) return DamagedIdx(path, absl::StrCat("size ", i, " >= 1"), "0");
    shape.push_back(size);
    if (size > kValuesMax / product) {
      return DamagedIdx(path, absl::StrCat("at most ", kValuesMax, " values"),
                        absl::StrCat("sizes ", absl::StrJoin(shape, " x ")));
    }
    product *= size;
  }
  if (product > source.bytes_max()) {
    return DamagedIdx(path, absl::StrCat(product, " values"),
                      absl::StrCat("a file that can hold ", source.bytes_max(), " at most"));
  }
  return shape;
}

absl::StatusOr<std::vector<int64_t>> ReadHeader(const std::string& path, int dimension_count,
                                                ByteSource& source) {
  if (dimension_count < 1 || dimension_count > kDimensionsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("dimension_count: expected 1 to ", kDimensionsMax, ", got ", dimension_count));
  }
  RETURN_IF_ERROR(ReadMagic(path, dimension_count, source));
  return ReadShape(path, dimension_count, source);
}

int64_t ValueCount(const std::vector<int64_t>& shape) {
  int64_t product = 1;
  for (int64_t size : shape) product *= size;
  return product;
}

absl::Status CheckValueCount(const std::string& path, int64_t expected, int64_t got) {
  if (got < expected) {
    return DamagedIdx(path, absl::StrCat(expected, " values after the header"), absl::StrCat(got));
  }
  if (got > expected) {
    return DamagedIdx(path, absl::StrCat("the end of the file after ", expected, " values"),
                      "trailing bytes");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<IdxArray> ReadIdxFile(const std::string& path, int dimension_count) {
  ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> source, ByteSource::Open(path));
  IdxArray array;
  ASSIGN_OR_RETURN(array.shape, ReadHeader(path, dimension_count, *source));
  const int64_t expected = ValueCount(array.shape);
  array.values.resize(static_cast<size_t>(expected));
  ASSIGN_OR_RETURN(const size_t count, source->Read(absl::MakeSpan(array.values)));
  ASSIGN_OR_RETURN(const int64_t trailing, source->SkipToEnd());
  RETURN_IF_ERROR(CheckValueCount(path, expected, static_cast<int64_t>(count) + trailing));
  return array;
}

absl::StatusOr<std::vector<int64_t>> InspectIdxFile(const std::string& path, int dimension_count) {
  ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> source, ByteSource::Open(path));
  ASSIGN_OR_RETURN(const std::vector<int64_t> shape, ReadHeader(path, dimension_count, *source));
  ASSIGN_OR_RETURN(const int64_t values, source->SkipToEnd());
  RETURN_IF_ERROR(CheckValueCount(path, ValueCount(shape), values));
  return shape;
}

}  // namespace traind
