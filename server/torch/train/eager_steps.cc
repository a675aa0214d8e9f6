#include "server/torch/train/eager_steps.h"

#include <utility>

#include "server/base/status_macros.h"

namespace traind {

EagerSteps::EagerSteps(const StepParts& parts, std::unique_ptr<TrainStep> train_step)
    : parts_(parts),
      train_step_(std::move(train_step)),
      takes_bytes_(train_step_->takes_bytes() && parts.feed.has_bytes()) {
  if (parts.average != nullptr) {
    weight_average_.emplace(parts.recipe.ema(), parts.network, *parts.average);
  }
}

void EagerSteps::StartEpoch(int epoch, int64_t done_count) {
  parts_.feed.StartEpoch(epoch);
  parts_.feed.Skip(done_count);
  train_step_->StartEpoch(epoch);
  step_ = (epoch - 1) * parts_.feed.step_count() + done_count;
}

std::chrono::steady_clock::duration EagerSteps::Run(int64_t count) {
  using Clock = std::chrono::steady_clock;
  Clock::duration data_wait = Clock::duration::zero();
  for (int64_t i = 0; i < count; ++i) {
    ++step_;
    const Clock::time_point start = Clock::now();
    const Batch batch = takes_bytes_ ? parts_.feed.NextBytes() : parts_.feed.Next();
    data_wait += Clock::now() - start;
    const int64_t row_count = batch.labels.size(0);
    parts_.figures.Record(train_step_->Run(batch, parts_.learning_rate.At(step_)), row_count);
    if (weight_average_) weight_average_->Update(step_);
  }
  return data_wait;
}

void EagerSteps::Save(StateTensors& state) const {
  train_step_->Save(state);
  if (weight_average_) weight_average_->Save(state);
}

absl::Status EagerSteps::Load(StateTensors& state) {
  RETURN_IF_ERROR(train_step_->Load(state));
  return weight_average_ ? weight_average_->Load(state) : absl::OkStatus();
}

}  // namespace traind
