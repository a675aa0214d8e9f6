#include "client/trainctl/architecture_table.h"

#include <google/protobuf/repeated_field.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace traind {
namespace {

using InputShape = google::protobuf::RepeatedField<int64_t>;

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

// [C, H, W] as HxWxC, [C, L] as LxC.
std::string Volume(const InputShape& shape) {
  if (shape.size() < 2) return absl::StrJoin(shape, "x");
  return absl::StrCat(absl::StrJoin(shape.begin() + 1, shape.end(), "x"), "x", shape[0]);
}

// As many sides as the output has places in.
std::string Field(const v1::LayerSummary& summary) {
  const int64_t side = summary.receptive_field();
  if (side == 0) return "RF = all";
  return absl::StrCat("RF = ", side,
                      summary.output_shape_size() == 3 ? absl::StrCat("x", side) : "");
}

// Of a Conv1d or Conv2d.
template <class Options>
std::string ConvolutionKernels(const Options& layer, int64_t in_channels, int dimensions) {
  std::string text = absl::StrCat(layer.kernel_size(), "x");
  if (dimensions == 2) absl::StrAppend(&text, layer.kernel_size(), "x");
  absl::StrAppend(&text, in_channels, "x", layer.out_channels());
  if (layer.has_stride() && layer.stride() != 1) absl::StrAppend(&text, ", s=", layer.stride());
  if (layer.padding() != 0) absl::StrAppend(&text, ", p=", layer.padding());
  return text;
}

std::string Kernels2d(const v1::LayerSummary& summary) {
  const v1::Conv2d& layer = summary.layer().conv2d();
  const int groups = layer.has_groups() ? layer.groups() : 1;
  std::string text = ConvolutionKernels(layer, summary.input_shape(0) / groups, 2);
  if (groups != 1) absl::StrAppend(&text, ", g=", groups);
  return text;
}

template <class Options>
std::string PoolingWindow(const Options& layer) {
  const int stride = layer.has_stride() ? layer.stride() : layer.kernel_size();
  return absl::StrCat(" k=", layer.kernel_size(), ", s=", stride);
}

int LinearCount(const google::protobuf::RepeatedPtrField<v1::LayerSummary>& layers) {
  int count = 0;
  for (const v1::LayerSummary& layer : layers) {
    if (layer.layer().has_linear()) ++count;
    for (const v1::LayerWaySummary& way : layer.ways()) count += LinearCount(way.layers());
  }
  return count;
}

// Turns layer summaries into lines; remembers what names and blocks depend on.
class LineBuilder {
 public:
  explicit LineBuilder(const v1::RecipeSummary& summary)
      : linear_total_(LinearCount(summary.layers())) {
    for (const v1::LayerSummary& layer : summary.layers()) Add(layer);
  }

  const std::vector<Line>& lines() const { return lines_; }

 private:
  void Add(const v1::LayerSummary& summary) {
    const v1::Layer& layer = summary.layer();
    switch (layer.kind_case()) {
      case v1::Layer::kConv2D:
        return AddVolumes(true, ConvolutionName(), summary, Kernels2d(summary));
      case v1::Layer::kConv1D:
        return AddVolumes(true, ConvolutionName(), summary,
                          ConvolutionKernels(layer.conv1d(), summary.input_shape(0), 1));
      case v1::Layer::kMaxPool2D:
        return AddVolumes(false, "MAX_POOLING", summary, PoolingWindow(layer.max_pool2d()));
      case v1::Layer::kMaxPool1D:
        return AddVolumes(false, "MAX_POOLING", summary, PoolingWindow(layer.max_pool1d()));
      case v1::Layer::kAvgPool2D:
        return AddVolumes(false, "AVG_POOLING", summary, PoolingWindow(layer.avg_pool2d()));
      case v1::Layer::kAvgPool1D:
        return AddVolumes(false, "AVG_POOLING", summary, PoolingWindow(layer.avg_pool1d()));
      case v1::Layer::kFlatten:
        flattened_ = absl::StrJoin(summary.input_shape(), "*");
        return;
      case v1::Layer::kLinear:
        return AddLinear(summary);
      case v1::Layer::kAdaptiveAvgPool2D: {
        const int size = layer.adaptive_avg_pool2d().output_size();
        return AddName(true, absl::StrCat(size == 1 ? "GAP(" : "AVG_POOLING(", size, ")"));
      }
      case v1::Layer::kGlobalAvgPool:
        return AddName(true, "GAP");
      case v1::Layer::kGlobalMaxPool:
        return AddName(true, "GLOBAL_MAX_POOLING");
      case v1::Layer::kResidual:
      case v1::Layer::kConcat:
        return AddWays(summary);
      default:
        return AddName(false, NameOf(summary));
    }
  }

  // Of a layer that changes neither shape nor field; also one newer than this client.
  static std::string NameOf(const v1::LayerSummary& summary) {
    const v1::Layer& layer = summary.layer();
    std::string name = summary.type();
    if (layer.has_batch_norm2d() || layer.has_batch_norm1d()) {
      name = absl::StrCat("BATCH_NORM(", summary.output_shape(0), ")");
    } else if (layer.has_dropout()) {
      name = absl::StrCat("DROPOUT(", layer.dropout().probability(), ")");
    } else if (layer.has_relu()) {
      name = "ReLU";
    } else if (layer.has_layer_norm()) {
      name = absl::StrCat("LAYER_NORM(", Volume(summary.output_shape()), ")");
    } else if (layer.has_group_norm()) {
      name = absl::StrCat("GROUP_NORM(", layer.group_norm().group_count(), ")");
    }
    return name + FrozenNote(summary);
  }

  static std::string FrozenNote(const v1::LayerSummary& summary) {
    return summary.frozen_parameter_count() > 0 ? " frozen" : "";
  }

  std::string ConvolutionName() { return absl::StrCat("CONV", ++convolutions_); }

  void AddVolumes(bool new_block, const std::string& name, const v1::LayerSummary& summary,
                  const std::string& kernels) {
    AddLine({.new_block = new_block,
             .layer = name + FrozenNote(summary),
             .cells = {Volume(summary.input_shape()), kernels, Volume(summary.output_shape()),
                       Field(summary)},
             .free_text = ""});
  }

  void AddName(bool new_block, const std::string& name) {
    AddLine({.new_block = new_block, .layer = name, .cells = {}, .free_text = ""});
  }

  // A residual or concat: its name, then its layers, deeper, those of each way together.
  void AddWays(const v1::LayerSummary& summary) {
    const bool is_residual = summary.layer().has_residual();
    AddName(true, is_residual ? "RESIDUAL" : "CONCAT");
    for (int i = 0; i < summary.ways_size(); ++i) {
      const v1::LayerWaySummary& way = summary.ways(i);
      std::string heading = absl::StrCat("BRANCH", i + 1);
      if (is_residual) heading = i == 0 ? "" : "SHORTCUT";
      if (is_residual && way.layers().empty()) continue;  // what goes in
      const size_t outside = indent_;
      indent_ += 2;
      if (!heading.empty()) {
        AddName(false, heading);
        indent_ += 2;
      }
      for (const v1::LayerSummary& layer : way.layers()) Add(layer);
      indent_ = outside;
      flattened_.clear();
    }
  }

  void AddLinear(const v1::LayerSummary& summary) {
    const std::string input =
        flattened_.empty() ? absl::StrJoin(summary.input_shape(), "*") : flattened_;
    flattened_.clear();
    ++linears_;
    AddLine(
        {.new_block = true,
         .layer = (linear_total_ > 1 ? absl::StrCat("FC", linears_) : "FC") + FrozenNote(summary),
         .cells = {},
         .free_text =
             absl::StrCat("[", input, " => ", absl::StrJoin(summary.output_shape(), "*"), "]")});
  }

  void AddLine(Line line) {
    line.layer.insert(0, indent_, ' ');
    line.new_block = line.new_block && indent_ == 0;
    lines_.push_back(std::move(line));
  }

  std::vector<Line> lines_;
  int convolutions_ = 0;
  int linears_ = 0;
  const int linear_total_;
  size_t indent_ = 0;      // of layers within others
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
