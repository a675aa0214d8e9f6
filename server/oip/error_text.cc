#include "server/oip/error_text.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace traind {
namespace {

constexpr size_t kTextBytesMax = 64;
constexpr size_t kShapeSizesMax = 8;

}  // namespace

std::string QuotedName(absl::string_view text) {
  return absl::StrCat("\"", absl::CHexEscape(text.substr(0, kTextBytesMax)), "\"",
                      text.size() > kTextBytesMax ? "..." : "");
}

std::string TensorShapeText(absl::Span<const int64_t> shape) {
  return absl::StrCat("[", absl::StrJoin(shape.subspan(0, kShapeSizesMax), ", "),
                      shape.size() > kShapeSizesMax ? ", ...]" : "]");
}

inference::ModelStreamInferResponse StreamErrorResponse(const absl::Status& error,
                                                        absl::string_view id) {
  inference::ModelStreamInferResponse response;
  response.set_error_message(
      absl::StrCat(absl::StatusCodeToString(error.code()), ": ", error.message()));
  response.mutable_infer_response()->set_id(id.data(), id.size());
  return response;
}

}  // namespace traind
