// PNG and JPEG pictures.
#include "tests/fuzz/targets/pushed_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  traind::v1::DatasetSource source;
  source.add_splits()->set_name("all");
  source.mutable_splits(0)->set_fraction(1);
  traind::ReadPushed("class/picture.png", data, size, source);
  return 0;
}
