// Random damage to files that people push. What is checked: no crash, every refusal is the
// user's to mend, with words, and what is accepted is consistent.
#include <random>
#include <string>

#include "gtest/gtest.h"
#include "server/datasets/dataset_reader.h"
#include "tests/datasets/dataset_files.h"
#include "tests/datasets/idx_fixture.h"
#include "tests/fuzz/mutation.h"

namespace traind {
namespace {

constexpr uint32_t kFilesSeed = 20261127;
constexpr int kFilesMutations = 300;

class MutatedDataset : public FolderTest {
 protected:
  // Reads mutations of a file of this name.
  void CheckMutations(const std::string& name, const std::string& bytes,
                      const v1::DatasetSource& source = {}) {
    Limits limits;
    limits.dataset_bytes_max = 1 << 20;
    std::mt19937 engine(kFilesSeed);
    for (int i = 0; i < kFilesMutations; ++i) {
      const std::string path = Write("file", Mutate(bytes, engine));
      const auto content = ReadDataset({{name, path}}, source, limits);
      if (content.ok()) {
        for (const auto& [split_name, split] : content->splits) CheckSplit(split);
        continue;
      }
      EXPECT_TRUE(absl::IsInvalidArgument(content.status()) ||
                  absl::IsResourceExhausted(content.status()))
          << content.status();
      EXPECT_FALSE(content.status().message().empty());
    }
  }

  static void CheckSplit(const Split& split) {
    const SplitShape& shape = split.shape;
    EXPECT_GE(shape.row_count, 1);
    EXPECT_EQ(static_cast<int64_t>(split.values.size()),
              shape.row_count * shape.row_values() * ElementBytes(shape.element_type));
    EXPECT_EQ(static_cast<int64_t>(split.labels.size()),
              shape.target_count == 0 ? shape.row_count : 0);
    EXPECT_EQ(static_cast<int64_t>(split.targets.size()), shape.row_count * shape.target_count);
  }
};

TEST_F(MutatedDataset, CsvIsReadOrRefused) {
  v1::DatasetSource source;
  source.set_label_column("y");
  source.add_category_columns("c");
  source.set_missing_values(v1::MISSING_VALUES_MEAN);
  CheckMutations("data.csv", "x,c,y\n1,red,a\n2,\"bl\"\"ue\",b\n,red,a\n4.5e3,?,b\n5,red,a\n",
                 source);
}

TEST_F(MutatedDataset, NpzIsReadOrRefused) {
  CheckMutations("data.npz", FixtureBytes("splits.npz"));
  CheckMutations("data.npz", FixtureBytes("whole.npz"));
}

TEST_F(MutatedDataset, SafetensorsAreReadOrRefused) {
  CheckMutations("data.safetensors", FixtureBytes("whole.safetensors"));
}

TEST_F(MutatedDataset, PicturesAreReadOrRefused) {
  v1::DatasetSource source;
  source.add_splits()->set_name("all");
  source.mutable_splits(0)->set_fraction(1);
  for (const char* picture :
       {"grey.png", "colours.png", "palette.png", "grey.jpg", "colours.jpg"}) {
    CheckMutations("class/1.png", FixtureBytes(picture), source);
  }
}

}  // namespace
}  // namespace traind
