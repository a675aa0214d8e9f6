#ifndef TRAIND_BENCH_EPOCH_TIMER_H_
#define TRAIND_BENCH_EPOCH_TIMER_H_

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "server/runs/training_reporter.h"

namespace traind {

// Times a training epoch by epoch, from its making on: what happens before the first
// epoch (data to the device, warm-up, recording) apart from the rest. Says when an
// accuracy on the evaluation split was first reached.
class EpochTimer : public TrainingReporter {
 public:
  explicit EpochTimer(double target) : target_(target), start_(Clock::now()) {}

  void Report(v1::Event event) override {
    if (event.has_epoch_started() && event.epoch_started().epoch() == 1) first_step_ = Clock::now();
    if (!event.has_epoch_finished()) return;
    const v1::EpochFinished& epoch = event.epoch_finished();
    epochs_.push_back(epoch);
    accuracy_ = static_cast<double>(epoch.eval_correct_count()) /
                static_cast<double>(epoch.eval_sample_count());
    if (!reached_ && accuracy_ >= target_) {
      reached_ = Reached{epoch.epoch(), SecondsSince(first_step_), SecondsSince(start_)};
    }
  }
  void ReportProgress(const v1::Progress&) override {}
  absl::Status Flush() override { return absl::OkStatus(); }

  // Steps a second of the epoch in the middle, evaluations left out.
  double median_rate() const {
    std::vector<double> rates;
    for (const v1::EpochFinished& epoch : epochs_) {
      rates.push_back(static_cast<double>(epoch.step_count()) / epoch.train_seconds());
    }
    std::sort(rates.begin(), rates.end());
    return rates.empty() ? 0 : rates[rates.size() / 2];
  }
  // The same over all epochs and what came before the first of them.
  double rate_with_preparation() const {
    double seconds = preparation_seconds();
    int64_t step_count = 0;
    for (const v1::EpochFinished& epoch : epochs_) {
      seconds += epoch.train_seconds();
      step_count += epoch.step_count();
    }
    return static_cast<double>(step_count) / seconds;
  }
  double preparation_seconds() const {
    return std::chrono::duration<double>(first_step_ - start_).count();
  }

  struct Reached {
    int epoch;
    double seconds;                   // of epochs and their evaluations
    double seconds_with_preparation;  // from the very start
  };
  const std::optional<Reached>& reached() const { return reached_; }
  double accuracy() const { return accuracy_; }  // of the last epoch

 private:
  using Clock = std::chrono::steady_clock;
  static double SecondsSince(Clock::time_point time) {
    return std::chrono::duration<double>(Clock::now() - time).count();
  }

  const double target_;
  const Clock::time_point start_;
  Clock::time_point first_step_;
  std::vector<v1::EpochFinished> epochs_;
  double accuracy_ = 0;
  std::optional<Reached> reached_;
};

}  // namespace traind

#endif  // TRAIND_BENCH_EPOCH_TIMER_H_
