#ifndef TRAIND_SERVER_TORCH_TRAIN_DATA_FEED_H_
#define TRAIND_SERVER_TORCH_TRAIN_DATA_FEED_H_

#include <cstdint>

#include "server/datasets/split.h"
#include "server/torch/nn/pixel_normalization.h"
#include "server/torch/torch_headers.h"
#include "server/torch/train/image_augmentation.h"
#include "server/torch/train/mixup.h"
#include "server/torch/train/train_step.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Gives the training rows batch by batch: the whole split lies on the device;
// each epoch has its own order and augmentation, decided by the recipe's seed and
// the epoch's number alone. Not thread-safe.
class DataFeed {
 public:
  // `split` must outlive the feed.
  DataFeed(const Split& split, const v1::Recipe& recipe, at::Device device);

  int64_t row_count() const { return labels_.size(0); }
  int64_t batch_size() const { return batch_size_; }
  // Batches of an epoch; the last one may be shorter.
  int64_t step_count() const { return (row_count() + batch_size_ - 1) / batch_size_; }

  // Shuffles the rows for epoch 1, 2, 3…
  void StartEpoch(int epoch);

  // Goes on after this many batches of the epoch.
  void Skip(int64_t batch_count) { position_ = batch_count * batch_size_; }

  // The next batch; at most step_count() calls per epoch.
  Batch Next();

  // Whether the batches can be had as bytes where they lie, and the next one of them, which
  // has the same rows as that of Next.
  bool has_bytes() const { return byte_values_.defined(); }
  Batch NextBytes();

  // The epoch's rows in order, int64 [N], on the device; its place stays the same.
  const at::Tensor& order() const { return order_; }

  // These rows (int64 [B]) as they are before rows are mixed. Like the next one, it reads
  // nothing but what lies on the device.
  Batch Gather(const at::Tensor& rows) const;
  // The epoch's batches with these numbers (0-based, int64 [count]), one behind the other:
  // `rows` are theirs, as many for each. `label_shares` has one for each as well.
  Batch GatherBatches(const at::Tensor& rows, const at::Tensor& numbers) const;

 private:
  // The rows of the next batch (int64 [B]), which is then behind.
  at::Tensor TakeRows();

  const int64_t seed_;
  const int64_t batch_size_;
  const PixelNormalization normalization_;
  ImageAugmentation images_;
  at::Tensor labels_;  // classes or values
  at::Tensor order_;   // int64 [N]
  Mixup mixup_;
  // What a network sees of each byte, [C, kByteValues]; undefined where rows are no bytes.
  at::Tensor byte_values_;
  int64_t position_ = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_DATA_FEED_H_
