#include "server/datasets/byte_source.h"

#include <algorithm>
#include <string>

#include "gtest/gtest.h"
#include "tests/datasets/idx_fixture.h"

namespace traind {
namespace {

class ByteSourceTest : public FolderTest {
 protected:
  // Everything that comes out when asked for `step` bytes at a time.
  absl::StatusOr<std::string> ReadAll(const std::string& path, size_t step) {
    absl::StatusOr<std::unique_ptr<ByteSource>> source = ByteSource::Open(path);
    if (!source.ok()) return source.status();
    std::string all;
    std::vector<uint8_t> piece(step);
    while (true) {
      const absl::StatusOr<size_t> count = (*source)->Read(absl::MakeSpan(piece));
      if (!count.ok()) return count.status();
      all.append(piece.begin(), piece.begin() + *count);
      if (*count < step) return all;
    }
  }
};

// Longer than any buffer on the way, and without a short period.
std::string LongText() {
  std::string text;
  for (uint32_t i = 0; text.size() < 300000; ++i) text += std::to_string(i * 2654435761u);
  return text;
}

TEST_F(ByteSourceTest, GivesRawBytesAsTheyAre) {
  const std::string text = LongText();
  EXPECT_EQ(ReadAll(Write("raw", text), 70001).value(), text);
}

TEST_F(ByteSourceTest, UnpacksGzipInAnyPieces) {
  const std::string text = LongText();
  const std::string path = Write("packed.gz", Gzip(text));
  for (size_t step : {size_t{1}, size_t{4096}, size_t{1000000}}) {
    EXPECT_EQ(ReadAll(path, step).value(), text) << step;
  }
}

TEST_F(ByteSourceTest, UnpacksEveryMemberOfAGzipFile) {
  EXPECT_EQ(ReadAll(Write("two.gz", Gzip("one ") + Gzip("two")), 100).value(), "one two");
}

TEST_F(ByteSourceTest, EmptyFileGivesNothing) {
  EXPECT_EQ(ReadAll(Write("empty", ""), 10).value(), "");
}

TEST_F(ByteSourceTest, EveryTruncationOfGzipIsDataLoss) {
  const std::string packed = Gzip("some bytes to pack");
  // Two bytes are the least that looks like gzip.
  for (size_t size = 2; size < packed.size(); ++size) {
    const absl::Status status = ReadAll(Write("cut.gz", packed.substr(0, size)), 100).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << size;
  }
}

TEST_F(ByteSourceTest, WrongChecksumIsDataLoss) {
  std::string packed = Gzip("some bytes to pack");
  packed[packed.size() - 8] ^= 1;
  const std::string path = Write("bad.gz", packed);
  EXPECT_EQ(MessageOf(ReadAll(path, 100).status()),
            path +
                ": expected a whole gzip file, got a damaged one: incorrect data check; fetch it "
                "again");
}

TEST_F(ByteSourceTest, GarbageBehindGzipIsDataLoss) {
  EXPECT_EQ(ReadAll(Write("tail.gz", Gzip("text") + "garbage"), 100).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(ByteSourceTest, AbsentFileIsNotFound) {
  EXPECT_EQ(ByteSource::Open(folder_ + "/absent").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ByteSourceTest, FolderIsNoFile) {
  EXPECT_EQ(MessageOf(ByteSource::Open(folder_).status()), folder_ + ": expected a regular file");
}

TEST_F(ByteSourceTest, KnowsHowManyBytesCanComeOut) {
  EXPECT_EQ(ByteSource::Open(Write("raw", "12345")).value()->bytes_max(), 5);
  const std::string zeros(1000000, '\0');
  EXPECT_GE(ByteSource::Open(Write("zeros.gz", Gzip(zeros))).value()->bytes_max(), 1000000);
}

}  // namespace
}  // namespace traind
