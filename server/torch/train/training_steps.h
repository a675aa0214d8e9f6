#ifndef TRAIND_SERVER_TORCH_TRAIN_TRAINING_STEPS_H_
#define TRAIND_SERVER_TORCH_TRAIN_TRAINING_STEPS_H_

#include <chrono>
#include <cstdint>

#include "absl/status/status.h"
#include "server/torch/checkpoint/state_tensors.h"
#include "server/torch/nn/network.h"
#include "server/torch/train/data_feed.h"
#include "server/torch/train/epoch_figures.h"
#include "server/torch/train/learning_rate.h"
#include "server/torch/train/step_trace.h"
#include "traind/v1/recipe.pb.h"
#include "traind/v1/run.pb.h"

namespace traind {

// What a training's steps work on. It outlives them.
struct StepParts {
  const v1::Recipe& recipe;
  v1::Precision precision;
  at::Device device;
  Network& network;
  Network* average;  // null without averaging; holds the same values as `network`
  DataFeed& feed;
  const LearningRate& learning_rate;
  EpochFigures& figures;
  StepTrace* trace = nullptr;  // null: none; else steps are plain
};

// How a training gets from step to step: the next batch, a TrainStep on it, the
// average of the weights, the epoch's figures. The seam between the training loop
// and the ways to put steps on a device. Not thread-safe. Throws c10::Error.
class TrainingSteps {
 public:
  virtual ~TrainingSteps() = default;

  // Does what later steps need once: called before the first step, it leaves all
  // state as it is. Says what is missing.
  virtual absl::Status Prepare() { return absl::OkStatus(); }

  // Called before epoch 1, 2, 3…, or before going on in it after `done_count` steps.
  virtual void StartEpoch(int epoch, int64_t done_count) = 0;

  // As many steps as are best asked for at once.
  virtual int64_t stride() const = 0;

  // Runs the next `count` steps of the epoch and adds what they say to the figures;
  // does not wait for the device. Returns how long it waited for data.
  virtual std::chrono::steady_clock::duration Run(int64_t count) = 0;

  // Saves what the next step needs beside the weights: the state of the optimizer,
  // of dropout and of the average. Waits for the device.
  virtual void Save(StateTensors& state) const = 0;
  // Goes on from there, after StartEpoch of the same epoch. DATA_LOSS.
  virtual absl::Status Load(StateTensors& state) = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_TRAINING_STEPS_H_
