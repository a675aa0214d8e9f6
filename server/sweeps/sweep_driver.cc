#include "server/sweeps/sweep_driver.h"

namespace traind {
namespace {

constexpr absl::Duration kRetryInterval = absl::Seconds(1);

}  // namespace

SweepDriver::SweepDriver(SweepService& sweeps, SweepInbox& inbox)
    : sweeps_(sweeps), inbox_(inbox), thread_([this] { Loop(); }) {}

SweepDriver::~SweepDriver() {
  stopping_ = true;
  inbox_.Wake();
  thread_.join();
}

void SweepDriver::Loop() {
  while (!stopping_) {
    sweeps_.Advance();
    inbox_.Wait(kRetryInterval);
  }
}

}  // namespace traind
