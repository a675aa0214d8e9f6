#ifndef TRAIND_SERVER_SERVING_SERVING_STATE_H_
#define TRAIND_SERVER_SERVING_SERVING_STATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace traind {

// How predictions stand now, for who shows it.
struct ServingState {
  // One that was asked for since the start.
  struct Version {
    std::string model;
    int64_t version = 0;
    // As PredictService::TroubleOf says.
    bool is_ready = false;
  };
  // The process that predicts apart.
  struct Worker {
    std::string device;
    // Of all such processes since the server's start.
    absl::Duration cpu_time;
    // 0 while there is none.
    int64_t resident_bytes = 0;
  };

  // As PredictService::is_ready.
  bool is_ready = false;
  std::vector<Version> versions;
  // None when predictions run in the server's own process.
  std::optional<Worker> worker = std::nullopt;
};

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_SERVING_STATE_H_
