#include "client/trainctl/progress_line.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/trainctl/python_float.h"

namespace traind {
namespace {

constexpr int kProgressColumns = 10;

bool StartsCharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

// mm:ss, and h:mm:ss from an hour on.
std::string ClockText(double seconds) {
  const int64_t whole = static_cast<int64_t>(seconds);
  if (whole >= 3600) {
    return absl::StrFormat("%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
  }
  return absl::StrFormat("%02d:%02d", whole / 60, whole % 60);
}

// Steps a second, or seconds a step when a step takes longer than one.
std::string RateText(double rate) {
  if (rate <= 0) return "?it/s";
  if (1 / rate > 1) return absl::StrFormat("%5.2fs/it", 1 / rate);
  return absl::StrFormat("%5.2fit/s", rate);
}

}  // namespace

int TextColumns(const std::string& text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), StartsCharacter));
}

std::string CutToColumns(const std::string& text, int columns) {
  size_t end = 0;
  int seen = 0;
  for (; end < text.size(); ++end) {
    if (StartsCharacter(text[end]) && seen++ == columns) break;
  }
  return text.substr(0, end);
}

std::string BlockBar(double share, int width) {
  static constexpr const char* kEighths[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = static_cast<int>(std::clamp(share, 0.0, 1.0) * width * 8);
  std::string bar;
  for (int i = 0; i < eighths / 8; ++i) bar += "█";
  if (eighths / 8 < width) {
    bar += kEighths[eighths % 8];
    bar.append(width - eighths / 8 - 1, ' ');
  }
  return bar;
}

std::string ProgressLine(const EpochProgress& progress, std::optional<int> columns) {
  const double share = progress.total > 0 ? static_cast<double>(progress.done) / progress.total : 0;
  const double rate = progress.elapsed_seconds > 0 ? progress.done / progress.elapsed_seconds : 0;
  const std::string remaining = rate > 0 ? ClockText((progress.total - progress.done) / rate) : "?";
  const std::string label = progress.done > 0 ? absl::StrCat("loss=", PythonFloat(progress.loss),
                                                             " batch_id=", progress.done - 1, ": ")
                                              : "";
  const std::string left = absl::StrFormat("%s%3.0f%%|", label, share * 100);
  const std::string right =
      absl::StrFormat("| %d/%d [%s<%s, %s]", progress.done, progress.total,
                      ClockText(progress.elapsed_seconds), remaining, RateText(rate));
  if (!columns) return absl::StrCat(left, BlockBar(share, kProgressColumns), right);
  const int room = *columns - TextColumns(left) - TextColumns(right);
  return CutToColumns(absl::StrCat(left, BlockBar(share, std::max(room, 1)), right), *columns);
}

}  // namespace traind
