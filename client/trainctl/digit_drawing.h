#ifndef TRAIND_CLIENT_TRAINCTL_DIGIT_DRAWING_H_
#define TRAIND_CLIENT_TRAINCTL_DIGIT_DRAWING_H_

#include <string>
#include <vector>

#include "client/trainctl/gray_image.h"

namespace traind {

// Widest drawing; larger pictures are scaled down.
inline constexpr int kDrawingColumnsMax = 56;

// A picture as lines of text, two rows of pixels in each, a column a pixel: half blocks in 24 greys
// (escape sequences of 256-colour terminals) when `colour`, else five shades of the mean. All lines
// have the same columns.
std::vector<std::string> DrawImage(const GrayImage& image, bool colour);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_DIGIT_DRAWING_H_
