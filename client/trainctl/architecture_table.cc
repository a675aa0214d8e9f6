#include "client/trainctl/architecture_table.h"

#include <google/protobuf/repeated_field.h>

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace traind {
namespace {

using Shape = google::protobuf::RepeatedField<int64_t>;

constexpr char kNote[] =
    "\nRF is computed: r += (k - 1) * jump, jump *= stride (Araujo et al., Distill 2019). A 2x2\n"
    "pooling adds one jump, it does not double the field; tables that double it there, as the\n"
    "S4 assignment's own does (14, 16 and 18 for s4), are off from that row on.\n";

struct Line {
  bool new_block = false;
  std::string layer;
  // Input, kernels, output and receptive field; all empty for a layer without them.
  std::array<std::string, 4> cells;
  std::string free_text;  // in place of the cells
};

// [C, H, W] as HxWxC.
std::string Volume(const Shape& shape) {
  if (shape.size() != 3) return absl::StrJoin(shape, "x");
  return absl::StrCat(shape[1], "x", shape[2], "x", shape[0]);
}

std::string Field(int64_t side) { return absl::StrCat("RF = ", side, "x", side); }

std::string ConvolutionKernels(const v1::LayerSummary& summary) {
  const v1::Conv2d& layer = summary.layer().conv2d();
  std::string text = absl::StrCat(layer.kernel_size(), "x", layer.kernel_size(), "x",
                                  summary.input_shape(0), "x", layer.out_channels());
  if (layer.has_stride() && layer.stride() != 1) absl::StrAppend(&text, ", s=", layer.stride());
  if (layer.padding() != 0) absl::StrAppend(&text, ", p=", layer.padding());
  return text;
}

std::string PoolingWindow(const v1::MaxPool2d& layer) {
  const int stride = layer.has_stride() ? layer.stride() : layer.kernel_size();
  return absl::StrCat(" k=", layer.kernel_size(), ", s=", stride);
}

// Turns layer summaries into lines; remembers what names and blocks depend on.
class LineBuilder {
 public:
  explicit LineBuilder(const v1::RecipeSummary& summary) {
    for (const v1::LayerSummary& layer : summary.layers()) {
      if (layer.layer().has_linear()) ++linear_total_;
    }
    for (const v1::LayerSummary& layer : summary.layers()) Add(layer);
  }

  const std::vector<Line>& lines() const { return lines_; }

 private:
  void Add(const v1::LayerSummary& summary) {
    const v1::Layer& layer = summary.layer();
    switch (layer.kind_case()) {
      case v1::Layer::kConv2D:
        return AddVolumes(true, absl::StrCat("CONV", ++convolutions_), summary,
                          ConvolutionKernels(summary));
      case v1::Layer::kMaxPool2D:
        return AddVolumes(false, "MAX_POOLING", summary, PoolingWindow(layer.max_pool2d()));
      case v1::Layer::kRelu:
        return AddName(false, "ReLU");
      case v1::Layer::kBatchNorm2D:
        return AddName(false, absl::StrCat("BATCH_NORM(", summary.output_shape(0), ")"));
      case v1::Layer::kDropout:
        return AddName(false, absl::StrCat("DROPOUT(", layer.dropout().probability(), ")"));
      case v1::Layer::kAdaptiveAvgPool2D: {
        const int size = layer.adaptive_avg_pool2d().output_size();
        return AddName(true, absl::StrCat(size == 1 ? "GAP(" : "AVG_POOLING(", size, ")"));
      }
      case v1::Layer::kFlatten:
        flattened_ = absl::StrJoin(summary.input_shape(), "*");
        return;
      case v1::Layer::kLinear:
        return AddLinear(summary);
      case v1::Layer::KIND_NOT_SET:  // a kind that is newer than this client
        return AddName(false, summary.type());
    }
  }

  void AddVolumes(bool new_block, const std::string& name, const v1::LayerSummary& summary,
                  const std::string& kernels) {
    lines_.push_back({.new_block = new_block,
                      .layer = name,
                      .cells = {Volume(summary.input_shape()), kernels,
                                Volume(summary.output_shape()), Field(summary.receptive_field())},
                      .free_text = ""});
  }

  void AddName(bool new_block, const std::string& name) {
    lines_.push_back({.new_block = new_block, .layer = name, .cells = {}, .free_text = ""});
  }

  void AddLinear(const v1::LayerSummary& summary) {
    const std::string input =
        flattened_.empty() ? absl::StrJoin(summary.input_shape(), "*") : flattened_;
    flattened_.clear();
    ++linears_;
    lines_.push_back({.new_block = true,
                      .layer = linear_total_ > 1 ? absl::StrCat("FC", linears_) : "FC",
                      .cells = {},
                      .free_text = absl::StrCat("[", input, " => ",
                                                absl::StrJoin(summary.output_shape(), "*"), "]")});
  }

  std::vector<Line> lines_;
  int convolutions_ = 0;
  int linears_ = 0;
  int linear_total_ = 0;
  std::string flattened_;  // sizes before the last flatten
};

std::string Padded(std::string text, size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

std::string Joined(const std::array<std::string, 4>& cells, const std::array<size_t, 3>& widths) {
  return absl::StrCat("[", Padded(cells[0], widths[0]), " | ", Padded(cells[1], widths[1]), " | ",
                      Padded(cells[2], widths[2]), " | ", cells[3], "]");
}

}  // namespace

std::string ArchitectureTable(const v1::RecipeSummary& summary) {
  const LineBuilder builder(summary);
  size_t name_width = 16;
  std::array<size_t, 3> widths = {8, 10, 9};
  for (const Line& line : builder.lines()) {
    name_width = std::max(name_width, line.layer.size());
    for (size_t i = 0; i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], line.cells[i].size());
    }
  }
  std::string text =
      absl::StrCat(Padded("LAYER", name_width), " ",
                   Joined({"INPUT", "KERNELS", "OUTPUT", "Receptive field"}, widths), "\n");
  for (const Line& line : builder.lines()) {
    if (line.new_block) text += "\n";
    if (!line.free_text.empty()) {
      absl::StrAppend(&text, Padded(line.layer, name_width), " ", line.free_text, "\n");
    } else if (!line.cells[0].empty()) {
      absl::StrAppend(&text, Padded(line.layer, name_width), " ", Joined(line.cells, widths), "\n");
    } else {
      absl::StrAppend(&text, line.layer, "\n");
    }
  }
  return text + kNote;
}

}  // namespace traind
