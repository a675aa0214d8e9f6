#ifndef TRAIND_CLIENT_TRAINCTL_BITMAP_FONT_H_
#define TRAIND_CLIENT_TRAINCTL_BITMAP_FONT_H_

#include "absl/strings/string_view.h"
#include "client/trainctl/color_image.h"

namespace traind {

// Letters of 5 by 7 dots, each in a box of 6 by 8, for the printable characters of
// ASCII; another one is shown as a box.
inline constexpr int kLetterWidth = 6;
inline constexpr int kLetterHeight = 8;

// Whether the dot of a letter is set; column 0 to 4 from the left, row 0 to 6 from the top.
bool LetterDot(char letter, int column, int row);

// Writes `text` on the picture with its upper left corner at x and y, each dot a
// square of `scale` pixels. What lies outside of the picture is left out.
void DrawText(absl::string_view text, int x, int y, int scale, Color color, ColorImage& image);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_BITMAP_FONT_H_
