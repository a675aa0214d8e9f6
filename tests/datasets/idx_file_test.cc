#include "server/datasets/idx_file.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/datasets/idx_fixture.h"

namespace traind {
namespace {

using testing::ElementsAre;

class IdxFileTest : public FolderTest {
 protected:
  // The refusal of a file with these bytes that should have two dimensions,
  // without the path in front.
  std::string Refusal(const std::string& bytes) {
    const std::string path = Write("file", bytes);
    const absl::Status status = ReadIdxFile(path, 2).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    const std::string message = MessageOf(status);
    EXPECT_EQ(message.rfind(path + ": ", 0), 0u) << message;
    return message.substr(path.size() + 2);
  }
};

TEST_F(IdxFileTest, ReadsShapeAndValues) {
  const absl::StatusOr<IdxArray> array = ReadIdxFile(Write("file", IdxBytes({2, 3})), 2);
  ASSERT_TRUE(array.ok()) << array.status();
  EXPECT_THAT(array->shape, ElementsAre(2, 3));
  EXPECT_THAT(array->values, ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST_F(IdxFileTest, ReadsTheSameFromGzip) {
  const std::string bytes = IdxBytes({700, 300});
  const absl::StatusOr<IdxArray> raw = ReadIdxFile(Write("raw", bytes), 2);
  const absl::StatusOr<IdxArray> packed = ReadIdxFile(Write("packed", Gzip(bytes)), 2);
  ASSERT_TRUE(raw.ok()) << raw.status();
  ASSERT_TRUE(packed.ok()) << packed.status();
  EXPECT_EQ(raw->values, packed->values);
  EXPECT_EQ(raw->shape, packed->shape);
}

TEST_F(IdxFileTest, SizesAreBigEndian) {
  EXPECT_THAT(InspectIdxFile(Write("file", IdxBytes({258, 1})), 2).value(), ElementsAre(258, 1));
}

TEST_F(IdxFileTest, AnInspectionSeesWhatReadingWouldRefuse) {
  const std::string whole = IdxBytes({9, 4});
  for (const std::string& damaged : {whole.substr(0, whole.size() - 1), whole + "x"}) {
    for (const std::string& bytes : {damaged, Gzip(damaged)}) {
      const std::string path = Write("file", bytes);
      const absl::Status inspected = InspectIdxFile(path, 2).status();
      EXPECT_EQ(inspected.code(), absl::StatusCode::kDataLoss);
      EXPECT_EQ(inspected, ReadIdxFile(path, 2).status());
    }
  }
}

TEST_F(IdxFileTest, AbsentFileIsNotFound) {
  EXPECT_EQ(ReadIdxFile(folder_ + "/absent", 1).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(InspectIdxFile(folder_ + "/absent", 1).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(IdxFileTest, DimensionsToExpectAreOneToEight) {
  const std::string path = Write("file", IdxBytes({2}));
  for (int count : {-1, 0, 9}) {
    EXPECT_EQ(ReadIdxFile(path, count).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST_F(IdxFileTest, WrongTypeIsRefused) {
  std::string bytes = IdxBytes({2, 3});
  bytes[2] = 0x0d;
  EXPECT_EQ(Refusal(bytes),
            "expected IDX magic 00 00 08 02 (unsigned bytes, 2 dimensions), got 00 00 0d 02; fetch "
            "the dataset again");
}

TEST_F(IdxFileTest, OtherNumberOfDimensionsIsRefused) {
  EXPECT_EQ(Refusal(IdxBytes({2, 3, 1})),
            "expected IDX magic 00 00 08 02 (unsigned bytes, 2 dimensions), got 00 00 08 03; fetch "
            "the dataset again");
}

TEST_F(IdxFileTest, LeadingBytesMustBeZero) {
  EXPECT_EQ(Refusal("<html>not found</html>"),
            "expected IDX magic 00 00 08 02 (unsigned bytes, 2 dimensions), got 3c 68 74 6d; fetch "
            "the dataset again");
}

TEST_F(IdxFileTest, EmptyFileIsRefused) {
  EXPECT_EQ(Refusal(""),
            "expected the 4 bytes of an IDX magic number, got 0 bytes; fetch the dataset again");
}

TEST_F(IdxFileTest, HeaderCutShortIsRefused) {
  EXPECT_EQ(Refusal(IdxHeader({2, 3}).substr(0, 10)),
            "expected 2 sizes in the header, got 1 and the end of the file; fetch the dataset "
            "again");
}

TEST_F(IdxFileTest, SizeOfZeroIsRefused) {
  EXPECT_EQ(Refusal(IdxHeader({2, 0})), "expected size 1 >= 1, got 0; fetch the dataset again");
}

TEST_F(IdxFileTest, ValuesCutShortAreRefused) {
  const std::string bytes = IdxBytes({20, 30});
  EXPECT_EQ(Refusal(Gzip(bytes.substr(0, bytes.size() - 1))),
            "expected 600 values after the header, got 599; fetch the dataset again");
  EXPECT_EQ(Refusal(bytes.substr(0, bytes.size() - 1)),
            "expected 600 values after the header, got 599; fetch the dataset again");
}

TEST_F(IdxFileTest, TrailingByteIsRefused) {
  EXPECT_EQ(Refusal(IdxBytes({2, 3}) + "x"),
            "expected the end of the file after 6 values, got trailing bytes; fetch the dataset "
            "again");
  EXPECT_EQ(Refusal(Gzip(IdxBytes({2, 3}) + "x")),
            "expected the end of the file after 6 values, got trailing bytes; fetch the dataset "
            "again");
}

TEST_F(IdxFileTest, MoreThanFourGibibytesAreRefused) {
  EXPECT_EQ(Refusal(IdxHeader({65536, 65537})),
            "expected at most 4294967296 values, got sizes 65536 x 65537; fetch the dataset again");
  EXPECT_EQ(Refusal(IdxHeader({0xffffffff, 0xffffffff})),
            "expected at most 4294967296 values, got sizes 4294967295 x 4294967295; fetch the "
            "dataset again");
}

TEST_F(IdxFileTest, PromiseThatTheFileCannotKeepIsRefusedUnread) {
  EXPECT_EQ(Refusal(IdxHeader({65536, 65536})),
            "expected 4294967296 values, got a file that can hold 12 at most; fetch the dataset "
            "again");
}

}  // namespace
}  // namespace traind
