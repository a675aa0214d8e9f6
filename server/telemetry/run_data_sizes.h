#ifndef TRAIND_SERVER_TELEMETRY_RUN_DATA_SIZES_H_
#define TRAIND_SERVER_TELEMETRY_RUN_DATA_SIZES_H_

#include <cstdint>

namespace traind {

// What runs occupy on the disk.
struct RunDataSizes {
  int64_t store_bytes = 0;  // database of runs and events
  int64_t files_bytes = 0;  // checkpoints and logs
  bool reserve_held = false;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TELEMETRY_RUN_DATA_SIZES_H_
