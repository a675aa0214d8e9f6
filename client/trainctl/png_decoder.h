#ifndef TRAIND_CLIENT_TRAINCTL_PNG_DECODER_H_
#define TRAIND_CLIENT_TRAINCTL_PNG_DECODER_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/trainctl/gray_image.h"

namespace traind {

// Decodes a PNG of any bit depth and colour type into greys: colours by ITU-R
// BT.601 luma as Pillow's convert("L"), transparency over `background`, gamma
// left alone. INVALID_ARGUMENT when it is no PNG, is damaged, or has a side
// longer than 8192 pixels.
absl::StatusOr<GrayImage> DecodePng(const std::string& bytes, uint8_t background);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_PNG_DECODER_H_
