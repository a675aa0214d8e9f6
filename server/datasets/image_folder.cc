#include "server/datasets/image_folder.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/base/status_macros.h"
#include "server/datasets/dataset_name.h"
#include "server/datasets/mapped_file.h"
#include "server/datasets/raster_image.h"
#include "server/datasets/row_partition.h"

namespace traind {
namespace {

// A picture by its place: its split (empty without one) and class.
struct Place {
  std::string split;
  std::string class_name;
};

absl::Status InFolder(const InputFile& file, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(file.name, ": ", what));
}

// One for each file.
absl::StatusOr<std::vector<Place>> PlacesOf(const std::vector<InputFile>& files) {
  std::vector<Place> places;
  size_t depth = 0;
  for (const InputFile& file : files) {
    const std::vector<std::string> parts = absl::StrSplit(file.name, '/');
    if (parts.size() != 2 && parts.size() != 3) {
      return InFolder(file, "expected pictures in CLASS/… or SPLIT/CLASS/…");
    }
    if (depth != 0 && parts.size() != depth) {
      return InFolder(file,
                      absl::StrCat("expected pictures at one depth, as ", files.front().name));
    }
    depth = parts.size();
    Place place{parts.size() == 3 ? parts[0] : "", parts[parts.size() - 2]};
    if (!place.split.empty()) RETURN_IF_ERROR(CheckDatasetName("split", place.split));
    places.push_back(std::move(place));
  }
  return places;
}

absl::StatusOr<RasterImage> ReadImage(const InputFile& file) {
  ASSIGN_OR_RETURN(const MappedFile mapped, MappedFile::Open(file.path));
  absl::StatusOr<RasterImage> image = DecodeImage(mapped.bytes());
  if (!image.ok()) return InFolder(file, image.status().message());
  return image;
}

// [H, W, C] to [C, H, W], appended.
void AppendPixels(const RasterImage& image, std::vector<uint8_t>& values) {
  const int64_t channels = image.size.channels;
  const int64_t places = image.size.height * image.size.width;
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t place = 0; place < places; ++place) {
      values.push_back(image.pixels[static_cast<size_t>(place * channels + c)]);
    }
  }
}

// Grey rows as colours: [N, 1, H, W] to [N, 3, H, W].
void MakeColour(Split& split) {
  const int64_t places = split.shape.row_values();
  std::vector<uint8_t> colours;
  colours.reserve(split.values.size() * 3);
  for (int64_t row = 0; row < split.shape.row_count; ++row) {
    const auto begin = split.values.begin() + row * places;
    for (int c = 0; c < 3; ++c) colours.insert(colours.end(), begin, begin + places);
  }
  split.values = std::move(colours);
  split.shape.row_shape.front() = 3;
}

// Reads pictures of one split after another. Grey until the first colour comes.
class SplitPictures {
 public:
  explicit SplitPictures(int64_t bytes_max) : bytes_left_(bytes_max) {}

  absl::Status Add(const InputFile& file, const std::string& split_name, int64_t label) {
    ASSIGN_OR_RETURN(RasterImage image, ReadImage(file));
    if (!first_size_) {
      first_size_ = image.size;
      first_name_ = file.name;
    }
    if (image.size.height != first_size_->height || image.size.width != first_size_->width) {
      return InFolder(file, absl::StrCat("expected ", first_size_->width, "x", first_size_->height,
                                         " pixels as ", first_name_, ", got ", image.size.width,
                                         "x", image.size.height, "; make all pictures one size"));
    }
    if (image.size.channels == 3 && !colour_) {
      colour_ = true;
      for (auto& [name, split] : splits_) {
        bytes_left_ -= 2 * static_cast<int64_t>(split.values.size());
        MakeColour(split);
      }
    }
    if (image.size.channels == 1 && colour_) image = ToColour(image);
    bytes_left_ -= static_cast<int64_t>(image.pixels.size());
    if (bytes_left_ < 0) {
      return absl::ResourceExhaustedError(
          absl::StrCat(file.name, ": the pictures have more bytes than a dataset may"));
    }
    Split& split = splits_[split_name];
    ++split.shape.row_count;
    split.shape.row_shape = {image.size.channels, image.size.height, image.size.width};
    split.labels.push_back(label);
    AppendPixels(image, split.values);
    return absl::OkStatus();
  }

  std::map<std::string, Split> Take() { return std::move(splits_); }

 private:
  int64_t bytes_left_;
  bool colour_ = false;
  std::optional<RasterSize> first_size_;
  std::string first_name_;
  std::map<std::string, Split> splits_;
};

}  // namespace

absl::StatusOr<DatasetContent> ReadImageFolder(const std::vector<InputFile>& files,
                                               const v1::DatasetSource& source, int64_t bytes_max) {
  ASSIGN_OR_RETURN(const std::vector<Place> places, PlacesOf(files));
  std::set<std::string> classes;
  for (const Place& place : places) classes.insert(place.class_name);
  DatasetContent content;
  content.class_names.assign(classes.begin(), classes.end());
  SplitPictures pictures(bytes_max);
  for (size_t i = 0; i < files.size(); ++i) {
    const auto label = std::distance(classes.begin(), classes.find(places[i].class_name));
    RETURN_IF_ERROR(pictures.Add(files[i], places[i].split, label));
  }
  content.splits = pictures.Take();
  if (!content.splits.contains("")) {
    if (source.splits_size() == 0) return content;
    return absl::InvalidArgumentError("splits: expected none for SPLIT/CLASS/… folders");
  }
  ASSIGN_OR_RETURN(content.splits, CutSplit(content.splits.at(""), source));
  return content;
}

}  // namespace traind
