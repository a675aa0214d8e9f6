#include "server/datasets/zip_archive.h"

#include <zip.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/quoted_text.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

constexpr zip_int64_t kEntriesMax = 1000;
// Read at a time, so that a size that is a lie costs no memory.
constexpr size_t kPieceBytes = 1 << 20;

struct CloseArchive {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseEntry {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using Archive = std::unique_ptr<zip_t, CloseArchive>;

absl::Status DamagedArchive(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("expected a whole ZIP archive, ", what));
}

absl::StatusOr<Archive> OpenArchive(absl::string_view bytes) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* const source =
      zip_source_buffer_create(bytes.data(), bytes.size(), /*freep=*/0, &error);
  Archive archive(source == nullptr ? nullptr : zip_open_from_source(source, ZIP_RDONLY, &error));
  const std::string why = archive == nullptr ? zip_error_strerror(&error) : "";
  if (archive == nullptr && source != nullptr) zip_source_free(source);
  zip_error_fini(&error);
  if (archive == nullptr) return DamagedArchive(why);
  return archive;
}

absl::StatusOr<std::string> ReadEntry(zip_t& archive, zip_uint64_t index, const std::string& name,
                                      int64_t bytes_max) {
  const std::unique_ptr<zip_file_t, CloseEntry> file(zip_fopen_index(&archive, index, 0));
  if (file == nullptr) {
    return DamagedArchive(absl::StrCat(QuotedText(name), ": ", zip_strerror(&archive)));
  }
  std::string bytes;
  while (true) {
    const size_t before = bytes.size();
    bytes.resize(before + kPieceBytes);
    const zip_int64_t count = zip_fread(file.get(), bytes.data() + before, kPieceBytes);
    bytes.resize(before + static_cast<size_t>(std::max<zip_int64_t>(count, 0)));
    if (count < 0) {
      return DamagedArchive(
          absl::StrCat(QuotedText(name), " at byte ", before, ": ", zip_file_strerror(file.get())));
    }
    if (count == 0) return bytes;
    if (static_cast<int64_t>(bytes.size()) > bytes_max) {
      return absl::ResourceExhaustedError(absl::StrCat(
          QuotedText(name), ": the archive unpacks to more bytes than a dataset may have"));
    }
  }
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ListZip(absl::string_view archive, int64_t entries_max) {
  ASSIGN_OR_RETURN(const Archive opened, OpenArchive(archive));
  const zip_int64_t count = zip_get_num_entries(opened.get(), 0);
  if (count > entries_max) {
    return DamagedArchive(absl::StrCat("it has ", count, " files, more than ", entries_max));
  }
  std::vector<std::string> names;
  for (zip_int64_t i = 0; i < count; ++i) {
    const char* const name =
        zip_get_name(opened.get(), static_cast<zip_uint64_t>(i), ZIP_FL_ENC_GUESS);
    names.emplace_back(name == nullptr ? "" : name);
  }
  return names;
}

absl::StatusOr<std::vector<ZipEntry>> ReadZip(absl::string_view archive, int64_t bytes_max) {
  ASSIGN_OR_RETURN(const Archive opened, OpenArchive(archive));
  const zip_int64_t count = zip_get_num_entries(opened.get(), 0);
  if (count > kEntriesMax) {
    return DamagedArchive(absl::StrCat("it has ", count, " files, more than ", kEntriesMax));
  }
  std::vector<ZipEntry> entries;
  for (zip_int64_t i = 0; i < count; ++i) {
    const auto index = static_cast<zip_uint64_t>(i);
    const char* const name = zip_get_name(opened.get(), index, ZIP_FL_ENC_GUESS);
    ZipEntry entry{name == nullptr ? "" : name, ""};
    ASSIGN_OR_RETURN(entry.bytes, ReadEntry(*opened, index, entry.name, bytes_max));
    bytes_max -= static_cast<int64_t>(entry.bytes.size());
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace traind
