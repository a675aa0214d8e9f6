#ifndef TRAIND_CLIENT_TRAINCTL_TENSORBOARD_LOG_H_
#define TRAIND_CLIENT_TRAINCTL_TENSORBOARD_LOG_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/run_listener.h"
#include "client/tensorboard/growing_file.h"
#include "tensorboard/event.pb.h"
#include "traind/v1/run.pb.h"

namespace traind {

// A run's figures as an event file of TensorBoard: each number of TrainStep as
// `step/NAME`, each of EpochFinished as `epoch/NAME` at the epoch's last step, shares of
// right rows as `epoch/accuracy_percent` and `epoch/train_accuracy_percent`, and the
// recipe's further metrics as `epoch/NAME` or, with a value for each class, as
// `epoch/NAME/CLASS`. When a later attempt tells steps again, TensorBoard drops what was
// told of them first. The same events give the same bytes, so that a file may be written
// again once there are more. Used by one thread.
class TensorboardLog final : public RunListener {
 public:
  // Writes to `DIRECTORY/RUN/events.out.tfevents.…`: TensorBoard calls the run by the
  // folder's name. Errors as GrowingFile's.
  static absl::StatusOr<std::unique_ptr<TensorboardLog>> Open(const std::string& directory,
                                                              const v1::Run& run);

  void OnEvent(const v1::Event& event) override;

  // Puts the file on disk; the first error of writing, if there was one.
  absl::Status Finish();

 private:
  explicit TensorboardLog(std::unique_ptr<GrowingFile> file) : file_(std::move(file)) {}
  void Write(const tensorboard::Event& event);
  // Tells TensorBoard when steps are told again.
  void NoteStep(int64_t step, int64_t& last_step, double wall_time);

  const std::unique_ptr<GrowingFile> file_;
  absl::Status status_;  // the first error; nothing is written after it
  int64_t last_train_step_ = 0;
  int64_t last_epoch_step_ = 0;
};

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_TENSORBOARD_LOG_H_
