#include "server/datasets/dataset_description.h"

#include <algorithm>
#include <vector>

#include "server/datasets/content_hash.h"
#include "server/datasets/value_statistics.h"

namespace traind {
namespace {

int64_t ClassCount(const Split& split) {
  if (split.labels.empty()) return 0;
  const int64_t seen = *std::max_element(split.labels.begin(), split.labels.end()) + 1;
  return std::max(seen, split.shape.class_count);
}

ElementType ToElementType(v1::DataType type) {
  if (type == v1::DATA_TYPE_FP32) return ElementType::kFloat32;
  return type == v1::DATA_TYPE_FP64 ? ElementType::kFloat64 : ElementType::kUint8;
}

}  // namespace

v1::DataType ToDataType(ElementType type) {
  switch (type) {
    case ElementType::kUint8:
      return v1::DATA_TYPE_UINT8;
    case ElementType::kFloat32:
      return v1::DATA_TYPE_FP32;
    case ElementType::kFloat64:
      return v1::DATA_TYPE_FP64;
  }
  return v1::DATA_TYPE_UNSPECIFIED;
}

v1::DatasetSplit DescribeSplit(const std::string& name, const Split& split) {
  v1::DatasetSplit description;
  description.set_name(name);
  description.set_row_count(split.shape.row_count);
  for (const int64_t size : split.shape.row_shape) description.add_row_shape(size);
  description.set_data_type(ToDataType(split.shape.element_type));
  std::vector<int64_t> class_rows(static_cast<size_t>(ClassCount(split)));
  for (const int64_t label : split.labels) ++class_rows[static_cast<size_t>(label)];
  description.mutable_class_row_counts()->Add(class_rows.begin(), class_rows.end());
  const std::vector<v1::ValueStatistics> inputs = InputStatistics(split);
  description.mutable_inputs()->Add(inputs.begin(), inputs.end());
  const std::vector<v1::ValueStatistics> targets = TargetStatistics(split);
  description.mutable_targets()->Add(targets.begin(), targets.end());
  description.set_sha256(SplitSha256(split));
  return description;
}

v1::Dataset DescribeDataset(const std::string& name, const DatasetContent& content) {
  v1::Dataset description;
  description.set_name(name);
  for (const auto& [split_name, split] : content.splits) {
    *description.add_splits() = DescribeSplit(split_name, split);
  }
  const auto add = [](const std::vector<std::string>& names, auto* field) {
    field->Add(names.begin(), names.end());
  };
  add(content.class_names, description.mutable_class_names());
  add(content.feature_names, description.mutable_feature_names());
  add(content.target_names, description.mutable_target_names());
  description.set_sha256(DatasetSha256(description));
  return description;
}

SplitShape ShapeOf(const v1::DatasetSplit& split) {
  SplitShape shape;
  shape.row_count = split.row_count();
  shape.row_shape.assign(split.row_shape().begin(), split.row_shape().end());
  shape.element_type = ToElementType(split.data_type());
  shape.target_count = split.targets_size();
  shape.class_count = split.class_row_counts_size();
  return shape;
}

}  // namespace traind
