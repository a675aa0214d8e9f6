// GPUs, through a stand-in for the driver's library.

#include "tests/telemetry/metrics_fixture.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class NvmlGpusTest : public MetricsFixture {
 protected:
  void Use(const std::string& library) {
    options_.nvml_library = library;
    Restart();
  }
};

TEST_F(NvmlGpusTest, EachGpuShowsWhatItTellsInBaseUnits) {
  Use(FAKE_NVML_LIBRARY);
  // 75 %, bytes, mW and mJ; the second GPU tells neither power nor energy.
  EXPECT_THAT(Lines("nv_"),
              ElementsAre("nv_gpu_utilization{gpu_uuid=\"GPU-aaaa\"} 0.75",
                          "nv_gpu_utilization{gpu_uuid=\"GPU-bbbb\"} 0",
                          "nv_gpu_memory_total_bytes{gpu_uuid=\"GPU-aaaa\"} 80000000000",
                          "nv_gpu_memory_total_bytes{gpu_uuid=\"GPU-bbbb\"} 8000000000",
                          "nv_gpu_memory_used_bytes{gpu_uuid=\"GPU-aaaa\"} 1500000000",
                          "nv_gpu_memory_used_bytes{gpu_uuid=\"GPU-bbbb\"} 0",
                          "nv_gpu_power_usage{gpu_uuid=\"GPU-aaaa\"} 350.5",
                          "nv_gpu_power_limit{gpu_uuid=\"GPU-aaaa\"} 700",
                          "nv_gpu_power_limit{gpu_uuid=\"GPU-bbbb\"} 700",
                          "nv_energy_consumption{gpu_uuid=\"GPU-aaaa\"} 123456.5"));
}

TEST_F(NvmlGpusTest, AFunctionThatTheLibraryLacksLeavesItsSeriesOut) {
  Use(FAKE_NVML_WITHOUT_ENERGY_LIBRARY);
  EXPECT_THAT(Lines("nv_energy"), IsEmpty());
  EXPECT_THAT(Lines("nv_gpu_power_usage"),
              ElementsAre("nv_gpu_power_usage{gpu_uuid=\"GPU-aaaa\"} 350.5"));
}

TEST_F(NvmlGpusTest, WithoutADriverThereAreNoSeries) {
  Use(FAKE_NVML_WITHOUT_DRIVER_LIBRARY);
  EXPECT_THAT(Lines("nv_"), IsEmpty());
}

TEST_F(NvmlGpusTest, ALibraryOfAnotherKindHasNoSeries) {
  Use("libz.so.1");
  EXPECT_THAT(Lines("nv_"), IsEmpty());
}

TEST_F(NvmlGpusTest, AnAbsentLibraryHasNoSeries) {
  Use("/no/such/libnvidia-ml.so.1");
  EXPECT_THAT(Lines("nv_"), IsEmpty());
}

}  // namespace
}  // namespace traind
