// NumPy arrays, archives of them, and safetensors.
#include "tests/fuzz/targets/pushed_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  for (const char* name : {"x.npy", "data.npz", "data.safetensors"}) {
    traind::ReadPushed(name, data, size, {});
  }
  return 0;
}
