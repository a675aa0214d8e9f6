#include "server/torch/infer/cuda_executor.h"

#include <ATen/core/CachingHostAllocator.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/torch/infer/cpu_executor.h"
#include "server/torch/torch_status.h"

namespace traind {
namespace {

// Recording, and giving memory back, are for one thread at a time: the first would
// otherwise see the other's memory as its own.
absl::Mutex& RecordingMutex() {
  static absl::Mutex* const mutex = new absl::Mutex;
  return *mutex;
}

// The library has 32 streams a device and deals them out in turn.
constexpr int kLanesMax = 16;

// Streams of a device's lanes, by the lane's number. The library keeps one work space for
// each pair of a thread and a stream, and a recording keeps that of the stream that it was
// made on: two lanes recorded on one stream would write into the same memory at once.
// Lanes of one number share it, of whatever model, but run on one stream, one after the
// other. They are recorded on another, so that nothing runs into a recording.
struct LaneStreams {
  std::vector<c10::Stream> record;
  std::vector<c10::Stream> run;
};

const LaneStreams& StreamsOf(at::Device device) {
  static absl::Mutex mutex(absl::kConstInit);
  static auto* const streams = new std::map<c10::DeviceIndex, LaneStreams>;
  absl::MutexLock lock(&mutex);
  LaneStreams& found = (*streams)[device.index()];
  const c10::impl::VirtualGuardImpl guard(device.type());
  while (static_cast<int>(found.run.size()) < kLanesMax) {
    found.record.push_back(guard.getStreamFromGlobalPool(device));
    found.run.push_back(guard.getStreamFromGlobalPool(device));
  }
  return found;
}

// A fault of the device stays: whoever waits for it gets it again. Other errors, such as
// a lack of memory, do not.
bool IsLost(at::Device device) {
  try {
    c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
    return false;
  } catch (const c10::Error&) {
    return true;
  }
}

absl::Status LostError(at::Device device, absl::string_view what) {
  return absl::UnavailableError(absl::StrCat("the device ", device.str(), " is lost: ", what,
                                             "; this process must be started again"));
}

// Runs `body`, which uses the device; marks it lost where its error says so.
template <typename Body>
auto OnDevice(at::Device device, std::atomic<bool>& lost, Body&& body) -> decltype(body()) {
  if (lost) return LostError(device, "it failed before");
  auto result = CatchTorch([&] { return body(); });
  const absl::Status status = [&] {
    if constexpr (std::is_same_v<decltype(body()), absl::Status>) {
      return result;
    } else {
      return result.status();
    }
  }();
  if (status.ok() || !IsLost(device)) return result;
  lost = true;
  return LostError(device, status.message());
}

int64_t ReservedBytes(at::Device device) {
  constexpr auto kAll = static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  return c10::getDeviceAllocator(device.type())
      ->getDeviceStats(device.index())
      .reserved_bytes[kAll]
      .current;
}

// Gives memory that nothing uses back to the device and the system.
void EmptyCaches(at::Device device) {
  c10::getDeviceAllocator(device.type())->emptyCache();
  at::getHostAllocator(device.type())->empty_cache();
}

}  // namespace

absl::StatusOr<std::unique_ptr<CudaExecutor>> CudaExecutor::Create(Options options,
                                                                   const InferenceLayers& layers,
                                                                   InferenceForm& form) {
  // Settings of the whole process: answers equal those of the CPU but for rounding.
  at::globalContext().setAllowTF32CuDNN(false);
  at::globalContext().setAllowTF32CuBLAS(false);
  std::unique_ptr<CudaExecutor> executor(new CudaExecutor(std::move(options), layers));
  const Options& made = executor->options_;
  RETURN_IF_ERROR(OnDevice(made.device, *made.lost, [&]() -> absl::Status {
    absl::MutexLock lock(&RecordingMutex());
    executor->Prepare(layers, form);
    return absl::OkStatus();
  }));
  return executor;
}

CudaExecutor::CudaExecutor(Options options, const InferenceLayers& layers)
    : options_(std::move(options)), input_(layers.description.input()) {}

CudaExecutor::~CudaExecutor() {
  std::vector<Lane> lanes;
  {
    absl::MutexLock lock(&mutex_);
    lanes.swap(free_lanes_);
  }
  if (*options_.lost) {
    // Nothing can be freed on a lost device; the attempt would end the process.
    for (Lane& lane : lanes) static_cast<void>(lane.work.release());
    static_cast<void>(network_.release());
    return;
  }
  const absl::Status freed = CatchTorch([&]() -> absl::Status {
    absl::MutexLock recording(&RecordingMutex());
    lanes.clear();
    network_.reset();
    EmptyCaches(options_.device);
    return absl::OkStatus();
  });
  if (!freed.ok() && IsLost(options_.device)) *options_.lost = true;
}

void CudaExecutor::Prepare(const InferenceLayers& layers, InferenceForm& form) {
  at::globalContext().lazyInitDevice(options_.device.type());
  const LaneStreams& streams = StreamsOf(options_.device);
  EmptyCaches(options_.device);
  const int64_t before = ReservedBytes(options_.device);
  {
    const c10::StreamGuard stream(streams.record.front());
    network_ = std::make_unique<InferenceNetwork>(layers, options_.device, options_.precision);
    WaitForStream(options_.device);
  }
  absl::MutexLock lock(&mutex_);
  int64_t buffer_bytes = 0;
  for (int i = 0; i < std::clamp(options_.lane_count, 1, kLanesMax); ++i) {
    const c10::StreamGuard stream(streams.record[static_cast<size_t>(i)]);
    free_lanes_.push_back({i, std::make_unique<DeviceLane>(input_, *network_, options_.device)});
    buffer_bytes += free_lanes_.back().work->memory_bytes();
  }
  form.graph_count = free_lanes_.front().work->graph_count();
  form.ungraphed_reason = free_lanes_.front().work->ungraphed_reason();
  memory_bytes_ =
      std::max(options_.weights_bytes + buffer_bytes, ReservedBytes(options_.device) - before);
}

absl::StatusOr<Prediction> CudaExecutor::Run(absl::Span<const absl::string_view> inputs,
                                             int64_t row_count) {
  RETURN_IF_ERROR(CheckRowBytes(input_, inputs, row_count).status());
  Lane lane = TakeLane();
  absl::StatusOr<Prediction> result =
      OnDevice(options_.device, *options_.lost, [&]() -> absl::StatusOr<Prediction> {
        const LaneStreams& streams = StreamsOf(options_.device);
        const c10::StreamGuard stream(streams.run[static_cast<size_t>(lane.number)]);
        Prediction prediction;
        prediction.row_count = row_count;
        prediction.class_count = network_->class_count();
        for (const RowPiece& piece : SplitRows(row_count))
          lane.work->Run(inputs, piece, prediction);
        return prediction;
      });
  ReturnLane(std::move(lane));
  return result;
}

CudaExecutor::Lane CudaExecutor::TakeLane() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &CudaExecutor::HasLane));
  Lane lane = std::move(free_lanes_.back());
  free_lanes_.pop_back();
  return lane;
}

void CudaExecutor::ReturnLane(Lane lane) {
  absl::MutexLock lock(&mutex_);
  free_lanes_.push_back(std::move(lane));
}

}  // namespace traind
