#ifndef TRAIND_CLIENT_TRAINCTL_PROGRESS_LINE_H_
#define TRAIND_CLIENT_TRAINCTL_PROGRESS_LINE_H_

#include <cstdint>
#include <optional>
#include <string>

namespace traind {

// How far an epoch is.
struct EpochProgress {
  float loss = 0;
  int64_t done = 0;
  int64_t total = 0;
  double elapsed_seconds = 0;
};

// The bar as tqdm draws it (tqdm 4, format_meter):
//   loss=0.045 batch_id=937: 100%|██████████| 938/938 [00:22<00:00, 41.44it/s]
// The bar itself is 10 columns wide, or as wide as makes the line fill `columns`.
std::string ProgressLine(const EpochProgress& progress, std::optional<int> columns);

// `width` columns, of which `share` (0 to 1) is filled, in steps of an eighth.
std::string BlockBar(double share, int width);

// Columns that UTF-8 text of single-width characters takes.
int TextColumns(const std::string& text);

// The first `columns` columns of such text.
std::string CutToColumns(const std::string& text, int columns);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_PROGRESS_LINE_H_
