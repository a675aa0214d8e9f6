#include "server/base/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "tests/torch/fixture_file.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A file with this header and these tensor bytes, its length field right.
std::string FileOf(const std::string& header, const std::string& data) {
  std::string file(8, '\0');
  file[0] = static_cast<char>(header.size() & 0xff);
  file[1] = static_cast<char>(header.size() >> 8);
  return file + header + data;
}

std::string Message(const std::string& file) {
  const auto entries = ReadSafetensors(file);
  EXPECT_EQ(entries.status().code(), absl::StatusCode::kDataLoss);
  return std::string(entries.status().message());
}

TEST(Safetensors, ReadsWhatTheReferenceImplementationWrote) {
  const std::string file = ReadFixture("sample.safetensors");

  const auto entries = ReadSafetensors(file);

  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_EQ(entries->size(), 6u);
  EXPECT_EQ((*entries)[0].name, "labels");
  EXPECT_EQ((*entries)[0].data_type, "I64");
  EXPECT_EQ((*entries)[1].name, "quote\"d");
  EXPECT_THAT((*entries)[2].shape, IsEmpty());
  EXPECT_EQ((*entries)[3].name, "b");
  EXPECT_THAT((*entries)[3].shape, ElementsAre(2, 3));
  float values[6];
  ASSERT_EQ((*entries)[3].bytes.size(), sizeof(values));
  std::memcpy(values, (*entries)[3].bytes.data(), sizeof(values));
  EXPECT_THAT(values, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT((*entries)[4].bytes, IsEmpty());
}

TEST(Safetensors, WritesTheSameBytesAsTheReferenceImplementation) {
  const std::string reference = ReadFixture("sample.safetensors");
  std::vector<SafetensorsEntry> entries = *ReadSafetensors(reference);
  std::swap(entries.front(), entries.back());

  const auto written = WriteSafetensors(entries);

  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(*written, reference);
}

TEST(Safetensors, RefusesToWriteATensorWhoseBytesDoNotFitItsShape) {
  const auto written = WriteSafetensors({{"w", "F32", {2, 2}, "only seven"}});

  EXPECT_EQ(written.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(written.status().message()),
              HasSubstr("tensor 'w' F32 [2, 2] needs 16 bytes, got 10"));
}

TEST(Safetensors, RefusesAFileShorterThanItsLengthField) {
  EXPECT_THAT(Message("abc"), HasSubstr("expected at least 8 bytes, got 3"));
}

TEST(Safetensors, RefusesAHeaderPastTheEndOfTheFile) {
  std::string file = FileOf("{}", "");
  file[1] = 1;
  EXPECT_THAT(Message(file), HasSubstr("a header of 258 bytes does not fit a file of 10"));
}

TEST(Safetensors, RefusesAHeaderLengthThatWouldOverflow) {
  std::string file = FileOf("{}", "");
  for (int i = 0; i < 8; ++i) file[i] = '\xff';
  EXPECT_THAT(Message(file), HasSubstr("does not fit a file of 10"));
}

TEST(Safetensors, RefusesAHeaderThatIsNotAJsonObject) {
  EXPECT_THAT(Message(FileOf("{\"a\":", "")), HasSubstr("not a JSON object"));
  EXPECT_THAT(Message(FileOf("[1, 2]", "")), HasSubstr("not a JSON object"));
}

TEST(Safetensors, RefusesAnEntryWithoutItsFields) {
  EXPECT_THAT(Message(FileOf(R"({"w":{"dtype":"F32","shape":[1]}})", "abcd")),
              HasSubstr("expected dtype, shape and two data_offsets for tensor 'w'"));
  EXPECT_THAT(Message(FileOf(R"({"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", "abcd")),
              HasSubstr("expected dtype, shape"));
  EXPECT_THAT(Message(FileOf(R"({"w":7})", "abcd")), HasSubstr("tensor 'w', got 7"));
}

TEST(Safetensors, RefusesAnUnknownElementType) {
  EXPECT_THAT(Message(FileOf(R"({"w":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}})", "abcd")),
              HasSubstr("tensor 'w' F31 [1] has an unknown type or absurd size"));
}

TEST(Safetensors, RefusesAShapeWhoseProductOverflows) {
  const char header[] =
      R"({"w":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})";
  EXPECT_THAT(Message(FileOf(header, "")), HasSubstr("absurd size"));
}

TEST(Safetensors, RefusesOffsetsPastTheEnd) {
  EXPECT_THAT(Message(FileOf(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "abcd")),
              HasSubstr("lies at 0 to 8, but the file holds 4 bytes of tensors"));
}

TEST(Safetensors, RefusesASizeThatDoesNotFitItsOffsets) {
  EXPECT_THAT(Message(FileOf(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", "abcd")),
              HasSubstr("needs 8 bytes, got 4"));
}

TEST(Safetensors, RefusesAGapOverlapOrTrailingBytes) {
  EXPECT_THAT(Message(FileOf(R"({"w":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", "ab")),
              HasSubstr("was expected at 0, lies at 1"));
  EXPECT_THAT(Message(FileOf(R"({"v":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                             R"("w":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
                             "ab")),
              HasSubstr("was expected at 2, lies at 1"));
  EXPECT_THAT(Message(FileOf(R"({"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", "ab")),
              HasSubstr("tensors end at 1, the file has 2 bytes"));
}

TEST(Safetensors, ReadsItsHeaderAlone) {
  const std::string file = ReadFixture("sample.safetensors");
  const int64_t size = static_cast<int64_t>(file.size());
  const auto end = SafetensorsHeaderEnd(file.substr(0, 8), size);
  ASSERT_TRUE(end.ok()) << end.status();

  const auto entries = ReadSafetensorsHeader(file.substr(0, *end), size);

  ASSERT_TRUE(entries.ok()) << entries.status();
  const auto whole = ReadSafetensors(file);
  ASSERT_EQ(entries->size(), whole->size());
  for (size_t i = 0; i < entries->size(); ++i) {
    EXPECT_EQ((*entries)[i].name, (*whole)[i].name);
    EXPECT_EQ((*entries)[i].shape, (*whole)[i].shape);
    EXPECT_THAT((*entries)[i].bytes, IsEmpty());
  }
  EXPECT_FALSE(ReadSafetensorsHeader(file.substr(0, *end), size - 1).ok());
  EXPECT_FALSE(ReadSafetensorsHeader(file.substr(0, *end - 1), size).ok());
  EXPECT_FALSE(SafetensorsHeaderEnd(file.substr(0, 8), 8).ok());
}

TEST(Safetensors, SkipsMetadata) {
  const std::string file = FileOf(R"({"__metadata__":{"format":"pt"}})", "");
  const auto entries = ReadSafetensors(file);
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_THAT(*entries, IsEmpty());
}

}  // namespace
}  // namespace traind
