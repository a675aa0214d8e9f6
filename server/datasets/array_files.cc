// The arrays of files.

#include <filesystem>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/base/safetensors.h"
#include "server/base/status_macros.h"
#include "server/datasets/array_dataset.h"
#include "server/datasets/mapped_file.h"
#include "server/datasets/npy_array.h"
#include "server/datasets/zip_archive.h"

namespace traind {
namespace {

absl::Status InArrayFile(absl::string_view where, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(where, ": ", status.message()));
}

absl::StatusOr<NamedArray> ReadNpy(absl::string_view bytes, const InputFile& file, std::string name,
                                   const std::string& from, int64_t& bytes_left) {
  absl::StatusOr<NamedArray> array = ParseNpy(bytes, bytes_left);
  if (!array.ok()) return InArrayFile(from, array.status());
  bytes_left -= static_cast<int64_t>(array->bytes.size());
  array->name = std::move(name);
  array->from = from;
  array->file = file.name;
  return array;
}

absl::Status ReadNpz(absl::string_view bytes, const InputFile& file, int64_t& bytes_left,
                     std::vector<NamedArray>& arrays) {
  const absl::StatusOr<std::vector<ZipEntry>> entries = ReadZip(bytes, bytes_left);
  if (!entries.ok()) return InArrayFile(file.name, entries.status());
  for (const ZipEntry& entry : *entries) {
    const std::string name(absl::StripSuffix(entry.name, ".npy"));
    ASSIGN_OR_RETURN(
        arrays.emplace_back(),
        ReadNpy(entry.bytes, file, name, absl::StrCat(file.name, ": ", name), bytes_left));
  }
  return absl::OkStatus();
}

absl::StatusOr<NumberType> SafetensorsType(const SafetensorsEntry& entry) {
  constexpr std::pair<absl::string_view, NumberType> kTypes[] = {
      {"BOOL", NumberType::kBool},   {"U8", NumberType::kUint8},    {"I8", NumberType::kInt8},
      {"U16", NumberType::kUint16},  {"I16", NumberType::kInt16},   {"U32", NumberType::kUint32},
      {"I32", NumberType::kInt32},   {"U64", NumberType::kUint64},  {"I64", NumberType::kInt64},
      {"F16", NumberType::kFloat16}, {"F32", NumberType::kFloat32}, {"F64", NumberType::kFloat64}};
  for (const auto& [name, type] : kTypes) {
    if (entry.data_type == name) return type;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("tensors of type ", entry.data_type, " are not read; store float32"));
}

absl::Status ReadTensors(absl::string_view bytes, const InputFile& file, int64_t& bytes_left,
                         std::vector<NamedArray>& arrays) {
  const absl::StatusOr<std::vector<SafetensorsEntry>> entries = ReadSafetensors(bytes);
  if (!entries.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(file.name, ": ", entries.status().message()));
  }
  for (const SafetensorsEntry& entry : *entries) {
    const std::string from = absl::StrCat(file.name, ": ", entry.name);
    const absl::StatusOr<NumberType> type = SafetensorsType(entry);
    if (!type.ok()) return InArrayFile(from, type.status());
    bytes_left -= static_cast<int64_t>(entry.bytes.size());
    if (bytes_left < 0) {
      return absl::ResourceExhaustedError(
          absl::StrCat(from, ": the files have more bytes than a dataset may"));
    }
    arrays.push_back({entry.name, from, file.name, *type, entry.shape,
                      std::vector<uint8_t>(entry.bytes.begin(), entry.bytes.end())});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<NamedArray>> ReadArrays(const std::vector<InputFile>& files,
                                                   int64_t bytes_max) {
  std::vector<NamedArray> arrays;
  for (const InputFile& file : files) {
    ASSIGN_OR_RETURN(const MappedFile mapped, MappedFile::Open(file.path));
    const std::filesystem::path path(file.name);
    const std::string extension = absl::AsciiStrToLower(path.extension().string());
    if (extension == ".npy") {
      ASSIGN_OR_RETURN(arrays.emplace_back(),
                       ReadNpy(mapped.bytes(), file, path.stem().string(), file.name, bytes_max));
    } else if (extension == ".npz") {
      RETURN_IF_ERROR(ReadNpz(mapped.bytes(), file, bytes_max, arrays));
    } else if (extension == ".safetensors") {
      RETURN_IF_ERROR(ReadTensors(mapped.bytes(), file, bytes_max, arrays));
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat(file.name, ": expected a .npy, .npz or .safetensors file"));
    }
  }
  return arrays;
}

}  // namespace traind
