// CSV tables with numbers, words and gaps.
#include "tests/fuzz/targets/pushed_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  traind::v1::DatasetSource source;
  source.set_label_column("y");
  source.add_category_columns("c");
  source.set_missing_values(traind::v1::MISSING_VALUES_MEAN);
  traind::ReadPushed("data.csv", data, size, source);
  source.clear_category_columns();
  source.set_missing_values(traind::v1::MISSING_VALUES_DROP_ROW);
  traind::ReadPushed("data.csv", data, size, source);
  return 0;
}
