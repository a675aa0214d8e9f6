#include "server/datasets/content_hash.h"

#include <bit>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "server/base/sha256.h"

namespace traind {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are hashed as in memory");

template <typename Value>
absl::string_view BytesOfValues(const std::vector<Value>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value)};
}

// With its length, so that no two lists of texts are alike.
void AddText(absl::string_view kind, absl::string_view text, Sha256& sha256) {
  sha256.Add(absl::StrCat(kind, " ", text.size(), " ", text, "\n"));
}

}  // namespace

std::string SplitSha256(const Split& split) {
  const SplitShape& shape = split.shape;
  Sha256 sha256;
  sha256.Add(absl::StrCat("rows ", shape.row_count, " of ", absl::StrJoin(shape.row_shape, "x"),
                          " values of ", ElementBytes(shape.element_type), " bytes, ",
                          shape.target_count, " targets\n"));
  sha256.Add(BytesOfValues(split.values));
  sha256.Add(BytesOfValues(split.labels));
  sha256.Add(BytesOfValues(split.targets));
  return sha256.Hex();
}

std::string DatasetSha256(const v1::Dataset& dataset) {
  Sha256 sha256;
  for (const v1::DatasetSplit& split : dataset.splits()) {
    AddText("split", split.name(), sha256);
    AddText("sha256", split.sha256(), sha256);
  }
  for (const std::string& name : dataset.class_names()) AddText("class", name, sha256);
  for (const std::string& name : dataset.feature_names()) AddText("feature", name, sha256);
  for (const std::string& name : dataset.target_names()) AddText("target", name, sha256);
  return sha256.Hex();
}

}  // namespace traind
