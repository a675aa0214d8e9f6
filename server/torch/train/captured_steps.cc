#include "server/torch/train/captured_steps.h"

#include <algorithm>
#include <utility>

#include "server/base/status_macros.h"
#include "server/torch/nn/shared_storage.h"
#include "server/torch/random_generator.h"
#include "server/torch/train/gradient_clipping.h"
#include "server/torch/train/weight_average.h"

namespace traind {
namespace {

// Libraries choose and load their kernels when work runs first; some more at the
// second time.
constexpr int kWarmUpRounds = 2;

// What kernels may ask of an address before they take another way.
constexpr int64_t kAlignmentBytes = 256;

at::Tensor SharedStorage(Network* network, at::MemoryFormat format) {
  if (network == nullptr) return {};
  std::vector<at::Tensor> tensors = Tensors(network->parameters());
  for (const NamedTensor& buffer : network->buffers()) tensors.push_back(buffer.tensor);
  return MoveIntoSharedStorage(tensors, format);
}

}  // namespace

CapturedSteps::CapturedSteps(const StepParts& parts, at::MemoryFormat format, MakeGraph make_graph)
    : parts_(parts),
      format_(format),
      make_graph_(std::move(make_graph)),
      batch_rows_(parts.recipe.batch_size()),
      whole_count_(parts.feed.row_count() / batch_rows_),
      short_rows_(parts.feed.row_count() % batch_rows_),
      network_storage_(SharedStorage(&parts.network, format)),
      average_storage_(SharedStorage(parts.average, format)),
      passes_(parts.recipe, parts.precision, parts.device, parts.network),
      sgd_(parts.recipe.optimizer().sgd(), passes_.parameters()) {
  const at::TensorOptions numbers = at::TensorOptions().device(parts.device).dtype(at::kLong);
  next_ = at::zeros({1}, numbers);
  counts_ = at::arange(kStepsPerRecording, numbers);
  rates_ = at::zeros({parts.feed.step_count()}, at::TensorOptions().device(parts.device));
  shares_ = at::zeros_like(rates_);
}

absl::Status CapturedSteps::Prepare() {
  std::vector<at::Tensor> before;
  for (const at::Tensor& tensor : State()) before.push_back(tensor.clone());
  const at::Tensor generator = GeneratorState(passes_.dropout());

  if (whole_count_ >= kStepsPerRecording) {
    ASSIGN_OR_RETURN(several_, Record([this] { EnqueueWhole(kStepsPerRecording); }));
  }
  ASSIGN_OR_RETURN(one_, Record([this] { EnqueueWhole(1); }));
  if (short_rows_ > 0) {
    ASSIGN_OR_RETURN(short_, Record([this] { EnqueueShort(); }));
  }

  const at::NoGradGuard no_grad;
  const std::vector<at::Tensor> state = State();
  for (size_t i = 0; i < state.size(); ++i) state[i].copy_(before[i]);
  SetGeneratorState(passes_.dropout(), generator);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<DeviceGraph>> CapturedSteps::Record(
    const std::function<void()>& work) {
  for (int round = 0; round < kWarmUpRounds; ++round) {
    next_.zero_();
    work();
  }
  next_.zero_();
  ASSIGN_OR_RETURN(std::unique_ptr<DeviceGraph> graph, make_graph_());
  graph->Capture({&passes_.dropout(), 1}, work);
  return graph;
}

std::vector<at::Tensor> CapturedSteps::State() const {
  std::vector<at::Tensor> state = sgd_.momentum();
  state.push_back(network_storage_);
  if (average_storage_.defined()) state.push_back(average_storage_);
  state.push_back(next_);
  state.push_back(parts_.figures.device_losses());
  state.push_back(parts_.figures.correct_count());
  return state;
}

void CapturedSteps::StartEpoch(int epoch, int64_t done_count) {
  parts_.feed.StartEpoch(epoch);
  passes_.StartEpoch(epoch);
  const int64_t step_count = parts_.feed.step_count();
  epoch_start_ = (epoch - 1) * step_count;
  done_count_ = done_count;
  next_.fill_(done_count);
  std::vector<float> rates;
  std::vector<float> shares;
  for (int64_t step = epoch_start_ + 1; step <= epoch_start_ + step_count; ++step) {
    rates.push_back(static_cast<float>(parts_.learning_rate.At(step)));
    shares.push_back(static_cast<float>(WeightAverage::ShareAt(parts_.recipe.ema(), step)));
  }
  rates_.copy_(at::tensor(rates));
  shares_.copy_(at::tensor(shares));
}

std::chrono::steady_clock::duration CapturedSteps::Run(int64_t count) {
  while (count > 0) {
    const int64_t whole_left = whole_count_ - done_count_;
    const bool several = std::min(count, whole_left) >= kStepsPerRecording;
    const int64_t step_count = several ? kStepsPerRecording : 1;
    DeviceGraph& graph = several ? *several_ : whole_left > 0 ? *one_ : *short_;
    graph.Launch();
    parts_.figures.Expect(step_count, whole_left > 0 ? batch_rows_ : short_rows_);
    done_count_ += step_count;
    count -= step_count;
  }
  return std::chrono::steady_clock::duration::zero();
}

void CapturedSteps::EnqueueWhole(int64_t count) {
  const at::Tensor numbers = next_ + counts_.narrow(0, 0, count);
  const at::Tensor order = parts_.feed.order().narrow(0, 0, whole_count_ * batch_rows_);
  const at::Tensor rows = order.view({whole_count_, batch_rows_}).index_select(0, numbers);
  Enqueue(numbers, rows.flatten(), batch_rows_);
}

void CapturedSteps::EnqueueShort() {
  Enqueue(next_ + counts_.narrow(0, 0, 1),
          parts_.feed.order().narrow(0, whole_count_ * batch_rows_, short_rows_), short_rows_);
}

// What can be done for all steps at once is: it takes one kernel then.
void CapturedSteps::Enqueue(const at::Tensor& numbers, const at::Tensor& rows, int64_t batch_rows) {
  const Batch batches = parts_.feed.GatherBatches(rows, numbers);
  const at::Tensor rates = rates_.index_select(0, numbers);
  const at::Tensor shares = shares_.index_select(0, numbers);
  std::vector<at::Tensor> losses;
  std::vector<at::Tensor> logits;
  for (int64_t i = 0; i < numbers.size(0); ++i) {
    const AutogradPasses::Result result = passes_.Run(Part(batches, i, batch_rows));
    sgd_.Step(Clipped(parts_.recipe.gradient_clipping(), result.gradients), rates.narrow(0, i, 1));
    losses.push_back(result.loss);
    logits.push_back(result.logits);
    // Where no update is due, the share is 0 and the average stays the same.
    if (average_storage_.defined()) average_storage_.lerp_(network_storage_, shares.select(0, i));
  }
  parts_.figures.device_losses().index_copy_(0, numbers, at::stack(losses));
  parts_.figures.correct_count().add_(passes_.loss().CorrectCount(at::cat(logits), batches.labels));
  next_.add_(numbers.size(0));
}

Batch CapturedSteps::Part(const Batch& batches, int64_t index, int64_t batch_rows) const {
  at::Tensor images = batches.images.narrow(0, index * batch_rows, batch_rows);
  // Kernels are chosen by alignment; every step of every recording must get the same
  // ones, or its bits would depend on where a training was interrupted.
  const bool aligned = static_cast<int64_t>(images.nbytes()) % kAlignmentBytes == 0;
  if (!aligned) images = images.clone();
  if (format_ == at::MemoryFormat::ChannelsLast) images = images.contiguous(format_);
  Batch part = {images, batches.labels.narrow(0, index * batch_rows, batch_rows)};
  if (batches.other_labels.defined()) {
    part.other_labels = batches.other_labels.narrow(0, index * batch_rows, batch_rows);
    part.label_shares = batches.label_shares.narrow(0, index, 1);
  }
  return part;
}

void CapturedSteps::Save(StateTensors& state) const {
  sgd_.Save(state);
  passes_.Save(state);
  if (!average_storage_.defined()) return;
  state.PutNumber("average.update_count",
                  WeightAverage::UpdateCountAt(parts_.recipe.ema(), epoch_start_ + done_count_));
}

absl::Status CapturedSteps::Load(StateTensors& state) {
  RETURN_IF_ERROR(sgd_.Load(state));
  RETURN_IF_ERROR(passes_.Load(state));
  if (!average_storage_.defined()) return absl::OkStatus();
  // It follows from the step.
  int64_t update_count = 0;
  return state.TakeNumber("average.update_count", update_count);
}

}  // namespace traind
