#include "server/torch/train/data_feed.h"

#include <algorithm>

#include "server/torch/random_generator.h"
#include "server/torch/train/seed_stream.h"
#include "server/torch/train/split_tensors.h"
#include "server/torch/train/training_rows.h"

namespace traind {

DataFeed::DataFeed(const Split& split, const v1::Recipe& recipe, at::Device device)
    : seed_(recipe.seed()),
      batch_size_(recipe.batch_size()),
      normalization_(recipe.data().normalization(), device, NumberType(recipe)),
      images_(RowsOn(split, device), recipe.data().augmentation(), NumberType(recipe)),
      labels_(LossTargetsOn(split, recipe, device)),
      order_(at::arange(labels_.size(0), labels_.options().dtype(at::kLong))),
      mixup_(recipe.data().augmentation().mixup_alpha(), step_count(),
             at::TensorOptions().device(device).dtype(NumberType(recipe))) {
  if (!images_.keeps_bytes() || mixup_.is_on() || NumberType(recipe) != at::kFloat) return;
  const int64_t channels = split.shape.row_shape[0];
  const at::Tensor bytes = at::arange(kByteValues, at::kByte).view({kByteValues, 1, 1, 1});
  byte_values_ = normalization_.FromBytes(bytes.expand({kByteValues, channels, 1, 1}))
                     .view({kByteValues, channels})
                     .t()
                     .contiguous();
}

void DataFeed::StartEpoch(int epoch) {
  // Shuffled on the CPU, so that the order is the same for every device.
  at::Generator generator = MakeGenerator(at::kCPU, StreamSeed(seed_, SeedStream::kOrder, epoch));
  order_.copy_(at::randperm(row_count(), generator, at::TensorOptions().dtype(at::kLong)));
  images_.StartEpoch(seed_, epoch);
  mixup_.StartEpoch(StreamSeed(seed_, SeedStream::kMixup, epoch));
  position_ = 0;
}

Batch DataFeed::Next() {
  const int64_t number = position_ / batch_size_;
  Batch batch = Gather(TakeRows());
  if (mixup_.is_on()) Mixup::Apply(mixup_.shares().narrow(0, number, 1), batch);
  batch.is_last = position_ == row_count();
  return batch;
}

Batch DataFeed::NextBytes() {
  const at::Tensor rows = TakeRows();
  Batch batch;
  batch.labels = labels_.index_select(0, rows);
  batch.bytes.emplace();
  batch.bytes->first = images_.Locate(rows, batch.bytes->images);
  batch.bytes->images.values = byte_values_.const_data_ptr<float>();
  batch.is_last = position_ == row_count();
  return batch;
}

at::Tensor DataFeed::TakeRows() {
  const int64_t count = std::min(batch_size_, row_count() - position_);
  const at::Tensor rows = order_.narrow(0, position_, count);
  position_ += count;
  return rows;
}

Batch DataFeed::Gather(const at::Tensor& rows) const {
  return {normalization_.FromRows(images_.Select(rows)), labels_.index_select(0, rows)};
}

Batch DataFeed::GatherBatches(const at::Tensor& rows, const at::Tensor& numbers) const {
  Batch batches = Gather(rows);
  if (mixup_.is_on()) Mixup::Apply(mixup_.shares().index_select(0, numbers), batches);
  return batches;
}

}  // namespace traind
