#ifndef TRAIND_CLIENT_TRAINCTL_MISTAKE_SHEET_H_
#define TRAIND_CLIENT_TRAINCTL_MISTAKE_SHEET_H_

#include <string>

#include "client/trainctl/color_image.h"
#include "client/trainctl/inspection.h"

namespace traind {

// The worst mistakes as one picture: each row's picture, enlarged, and below it the
// class it is, the class it was given, with which probability, and its number. Three
// channels are taken for red, green and blue; of any other number the first is shown
// in greys. `title` is at the top.
ColorImage MistakeSheet(const Inspection& inspection, const std::string& title);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_MISTAKE_SHEET_H_
