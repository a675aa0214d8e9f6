// Random damage to IDX files, raw and gzipped. What is checked: no crash, every
// refusal is DATA_LOSS with words, and what is accepted is consistent.
#include <random>
#include <string>

#include "gtest/gtest.h"
#include "server/datasets/idx_file.h"
#include "tests/datasets/idx_fixture.h"
#include "tests/fuzz/mutation.h"

namespace traind {
namespace {

constexpr uint32_t kIdxSeed = 19980101;
constexpr int kIdxMutations = 400;

class MutatedIdxFile : public FolderTest {
 protected:
  void CheckOnce(const std::string& bytes) {
    const std::string path = Write("file", bytes);
    const absl::StatusOr<IdxArray> array = ReadIdxFile(path, 3);
    if (!array.ok()) {
      EXPECT_EQ(array.status().code(), absl::StatusCode::kDataLoss) << array.status();
      EXPECT_FALSE(array.status().message().empty());
      return;
    }
    ASSERT_EQ(array->shape.size(), 3u);
    EXPECT_EQ(static_cast<int64_t>(array->values.size()),
              array->shape[0] * array->shape[1] * array->shape[2]);
    EXPECT_EQ(InspectIdxFile(path, 3).value(), array->shape);
  }
};

TEST_F(MutatedIdxFile, RawIsReadOrRefused) {
  std::mt19937 engine(kIdxSeed);
  const std::string bytes = IdxBytes({3, 4, 5});
  for (int i = 0; i < kIdxMutations; ++i) CheckOnce(Mutate(bytes, engine));
}

TEST_F(MutatedIdxFile, GzippedIsReadOrRefused) {
  std::mt19937 engine(kIdxSeed);
  const std::string packed = Gzip(IdxBytes({3, 4, 5}));
  for (int i = 0; i < kIdxMutations; ++i) CheckOnce(Mutate(packed, engine));
}

TEST_F(MutatedIdxFile, DamageUnderGoodGzipIsReadOrRefused) {
  std::mt19937 engine(kIdxSeed);
  const std::string bytes = IdxBytes({3, 4, 5});
  for (int i = 0; i < kIdxMutations; ++i) CheckOnce(Gzip(Mutate(bytes, engine)));
}

}  // namespace
}  // namespace traind
