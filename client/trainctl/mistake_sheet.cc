#include "client/trainctl/mistake_sheet.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/trainctl/bitmap_font.h"
#include "client/trainctl/predict_images.h"

namespace traind {
namespace {

constexpr Color kPaper = {255, 255, 255};
constexpr Color kInk = {40, 40, 40};
constexpr Color kWrong = {176, 58, 0};  // dark orange: to be told from kInk without red and green
constexpr Color kPale = {120, 120, 120};
constexpr Color kFrame = {200, 200, 200};

constexpr int kPictureSide = 140;  // about; small pictures are enlarged by a whole factor
constexpr int kTextScale = 2;
constexpr int kLineHeight = (kLetterHeight + 2) * kTextScale;
constexpr int kMargin = 16;
constexpr int kGap = 20;
constexpr int kLabelLines = 4;

struct Label {
  std::string text;
  Color color;
};

// [C, H, W]
ImageShape ShapeOf(const Inspection& inspection) {
  return {.channels = inspection.row_shape.at(0),
          .height = inspection.row_shape.at(1),
          .width = inspection.row_shape.at(2)};
}

std::array<Label, kLabelLines> LabelsOf(const Mistake& mistake, const ClassNames& names) {
  return {{{absl::StrCat("true ", ClassText(names, mistake.true_class)), kInk},
           {absl::StrCat("predicted ", ClassText(names, mistake.predicted_class)), kWrong},
           {absl::StrFormat("with %.1f%%", 100 * mistake.predicted_probability), kWrong},
           {absl::StrCat("row ", mistake.row), kPale}}};
}

int TextWidth(const std::string& text) {
  return static_cast<int>(text.size()) * kLetterWidth * kTextScale;
}

// Where things stand.
class Layout {
 public:
  explicit Layout(const Inspection& inspection, const std::string& title) {
    const ImageShape shape = ShapeOf(inspection);
    const int side = static_cast<int>(std::max(shape.height, shape.width));
    // Enlarged by a whole factor, or made smaller by leaving out pixels.
    factor_ = std::max(1, kPictureSide / side);
    divisor_ = std::max(1, side / (2 * kPictureSide));
    picture_width_ = Scaled(shape.width);
    picture_height_ = Scaled(shape.height);
    cell_width_ = picture_width_;
    for (const Mistake& mistake : inspection.worst) {
      for (const Label& label : LabelsOf(mistake, inspection.class_names))
        cell_width_ = std::max(cell_width_, TextWidth(label.text));
    }
    const int count = std::max(1, static_cast<int>(inspection.worst.size()));
    columns_ = static_cast<int>(std::ceil(std::sqrt(1.6 * count)));
    columns_ = std::min(columns_, count);
    const int rows = (count + columns_ - 1) / columns_;
    width_ = std::max(2 * kMargin + columns_ * (cell_width_ + kGap) - kGap,
                      2 * kMargin + TextWidth(title));
    height_ = top() + rows * (cell_height() + kGap) - kGap + kMargin;
  }

  int width() const { return width_; }
  int height() const { return height_; }
  int picture_width() const { return picture_width_; }
  int picture_height() const { return picture_height_; }
  int x(size_t index) const {
    return kMargin + static_cast<int>(index) % columns_ * (cell_width_ + kGap);
  }
  int y(size_t index) const {
    return top() + static_cast<int>(index) / columns_ * (cell_height() + kGap);
  }
  // The picture's own pixel that is shown at a place of the sheet.
  int Source(int place) const { return place * divisor_ / factor_; }

 private:
  int top() const { return kMargin + kLineHeight + kMargin / 2; }
  int cell_height() const { return picture_height_ + kTextScale * 4 + kLabelLines * kLineHeight; }
  int Scaled(int64_t size) const {
    return std::max(1, static_cast<int>(size) * factor_ / divisor_);
  }

  int factor_ = 1;
  int divisor_ = 1;
  int picture_width_ = 0;
  int picture_height_ = 0;
  int cell_width_ = 0;
  int columns_ = 1;
  int width_ = 0;
  int height_ = 0;
};

// Of a value from 0 to 1.
uint8_t ByteOf(float value) {
  return static_cast<uint8_t>(std::lround(255 * std::clamp(value, 0.0f, 1.0f)));
}

Color PixelOf(const Mistake& mistake, const ImageShape& shape, int x, int y) {
  const size_t plane = static_cast<size_t>(shape.height * shape.width);
  const size_t place = static_cast<size_t>(y * shape.width + x);
  const uint8_t first = ByteOf(mistake.values[place]);
  if (shape.channels != 3) return {first, first, first};
  return {first, ByteOf(mistake.values[plane + place]), ByteOf(mistake.values[2 * plane + place])};
}

void DrawPicture(const Mistake& mistake, const ImageShape& shape, const Layout& layout, int left,
                 int top, ColorImage& sheet) {
  FillRectangle(left - 1, top - 1, layout.picture_width() + 2, layout.picture_height() + 2, kFrame,
                sheet);
  for (int y = 0; y < layout.picture_height(); ++y) {
    for (int x = 0; x < layout.picture_width(); ++x) {
      FillRectangle(left + x, top + y, 1, 1,
                    PixelOf(mistake, shape, layout.Source(x), layout.Source(y)), sheet);
    }
  }
}

}  // namespace

ColorImage MistakeSheet(const Inspection& inspection, const std::string& title) {
  const Layout layout(inspection, title);
  ColorImage sheet = PlainImage(layout.width(), layout.height(), kPaper);
  DrawText(title, kMargin, kMargin, kTextScale, kInk, sheet);
  for (size_t i = 0; i < inspection.worst.size(); ++i) {
    const Mistake& mistake = inspection.worst[i];
    DrawPicture(mistake, ShapeOf(inspection), layout, layout.x(i), layout.y(i), sheet);
    int y = layout.y(i) + layout.picture_height() + 4 * kTextScale;
    for (const Label& label : LabelsOf(mistake, inspection.class_names)) {
      DrawText(label.text, layout.x(i), y, kTextScale, label.color, sheet);
      y += kLineHeight;
    }
  }
  return sheet;
}

}  // namespace traind
