#include "server/datasets/byte_source.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

// Deflate cannot pack better than this (zlib.net/zlib_tech.html: 1032:1).
constexpr int64_t kDeflateRatioMax = 1032;
// zlib's window for the largest history, plus 16 to expect a gzip header.
constexpr int kGzipWindowBits = 15 + 16;
constexpr size_t kPackedBufferBytes = 64 << 10;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// The bytes as they lie in the file.
class RawSource : public ByteSource {
 public:
  RawSource(std::string path, std::unique_ptr<std::FILE, CloseFile> file, int64_t size)
      : path_(std::move(path)), file_(std::move(file)), size_(size) {}

  absl::StatusOr<size_t> Read(absl::Span<uint8_t> target) override {
    const size_t count = std::fread(target.data(), 1, target.size(), file_.get());
    if (count < target.size() && std::ferror(file_.get()) != 0) {
      return absl::DataLossError(absl::StrCat(path_, ": reading failed; check the disk"));
    }
    return count;
  }

  absl::StatusOr<int64_t> SkipToEnd() override {
    const int64_t position = std::ftell(file_.get());
    std::fseek(file_.get(), 0, SEEK_END);
    return size_ - position;
  }

  int64_t bytes_max() const override { return size_; }

  bool StartsLikeGzip() {
    const int first = std::fgetc(file_.get());
    const int second = std::fgetc(file_.get());
    std::rewind(file_.get());
    return first == 0x1f && second == 0x8b;
  }

  const std::string& path() const { return path_; }

 private:
  const std::string path_;
  const std::unique_ptr<std::FILE, CloseFile> file_;
  const int64_t size_;
};

// Unpacks the gzip members of a raw source one after another. zlib checks each
// member's checksum and length.
class GzipSource : public ByteSource {
 public:
  // Null when zlib has no memory.
  static std::unique_ptr<GzipSource> Create(std::unique_ptr<RawSource> packed) {
    auto source = std::unique_ptr<GzipSource>(new GzipSource(std::move(packed)));
    if (inflateInit2(&source->stream_, kGzipWindowBits) != Z_OK) return nullptr;
    return source;
  }

  ~GzipSource() override { inflateEnd(&stream_); }

  absl::StatusOr<size_t> Read(absl::Span<uint8_t> target) override {
    size_t done = 0;
    while (done < target.size()) {
      ASSIGN_OR_RETURN(const bool more, Refill());
      if (!more) break;
      ASSIGN_OR_RETURN(const size_t count, Unpack(target.subspan(done)));
      done += count;
    }
    return done;
  }

  absl::StatusOr<int64_t> SkipToEnd() override {
    std::array<uint8_t, kPackedBufferBytes> skipped;
    int64_t total = 0;
    while (true) {
      ASSIGN_OR_RETURN(const size_t count, Read(absl::MakeSpan(skipped)));
      if (count == 0) return total;
      total += static_cast<int64_t>(count);
    }
  }

  int64_t bytes_max() const override {
    const int64_t size = packed_->bytes_max();
    const int64_t top = std::numeric_limits<int64_t>::max();
    return size > top / kDeflateRatioMax ? top : size * kDeflateRatioMax;
  }

 private:
  explicit GzipSource(std::unique_ptr<RawSource> packed) : packed_(std::move(packed)) {}

  // Reads more packed bytes when none are left. False at the end of the file,
  // which has to be the end of a member too.
  absl::StatusOr<bool> Refill() {
    if (stream_.avail_in > 0) return true;
    ASSIGN_OR_RETURN(const size_t count, packed_->Read(absl::MakeSpan(buffer_)));
    stream_.next_in = buffer_.data();
    stream_.avail_in = static_cast<uInt>(count);
    if (count > 0) return true;
    if (member_open_) return Damaged("it ends too early");
    return false;
  }

  // Unpacks from the buffered bytes only; may return 0.
  absl::StatusOr<size_t> Unpack(absl::Span<uint8_t> target) {
    const size_t room = std::min<size_t>(target.size(), std::numeric_limits<uInt>::max());
    stream_.next_out = target.data();
    stream_.avail_out = static_cast<uInt>(room);
    member_open_ = true;
    const int code = inflate(&stream_, Z_NO_FLUSH);
    if (code == Z_STREAM_END) {
      member_open_ = false;
      inflateReset(&stream_);
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      return Damaged(stream_.msg != nullptr ? stream_.msg : "it cannot be unpacked");
    }
    return room - stream_.avail_out;
  }

  absl::Status Damaged(absl::string_view why) const {
    return absl::DataLossError(
        absl::StrCat(packed_->path(), ": expected a whole gzip file, got a damaged one: ", why,
                     "; fetch it again"));
  }

  const std::unique_ptr<RawSource> packed_;
  std::array<uint8_t, kPackedBufferBytes> buffer_;
  z_stream stream_ = {};
  // Whether a member has begun and not ended.
  bool member_open_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ByteSource>> ByteSource::Open(const std::string& path) {
  std::error_code error;
  const auto kind = std::filesystem::status(path, error).type();
  if (kind == std::filesystem::file_type::not_found) {
    return absl::NotFoundError(absl::StrCat(path, ": no such file"));
  }
  if (kind != std::filesystem::file_type::regular) {
    // Opening a pipe would wait for a writer.
    return absl::DataLossError(absl::StrCat(path, ": expected a regular file"));
  }
  const auto size = std::filesystem::file_size(path, error);
  std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
  if (error || file == nullptr) {
    return absl::ErrnoToStatus(error ? error.value() : errno,
                               absl::StrCat(path, ": expected a readable file"));
  }
  auto raw = std::make_unique<RawSource>(path, std::move(file), static_cast<int64_t>(size));
  if (!raw->StartsLikeGzip()) return raw;
  std::unique_ptr<GzipSource> gzip = GzipSource::Create(std::move(raw));
  if (gzip == nullptr) return absl::ResourceExhaustedError("no memory to unpack gzip");
  return gzip;
}

}  // namespace traind
