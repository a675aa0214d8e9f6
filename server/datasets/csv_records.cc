#include "server/datasets/csv_records.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

constexpr absl::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

CsvRecords::CsvRecords(absl::string_view text, char separator)
    : text_(absl::StripPrefix(text, kByteOrderMark)), separator_(separator) {}

char CsvRecords::SeparatorOf(absl::string_view text) {
  int64_t commas = 0;
  int64_t semicolons = 0;
  int64_t tabs = 0;
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '\n') break;
    commas += c == ',';
    semicolons += c == ';';
    tabs += c == '\t';
  }
  if (commas >= std::max(semicolons, tabs)) return ',';
  return semicolons >= tabs ? ';' : '\t';
}

absl::Status CsvRecords::ErrorAt(int64_t line, absl::string_view what) const {
  return absl::InvalidArgumentError(absl::StrCat("line ", line, ": ", what));
}

bool CsvRecords::AtLineEnd() const {
  if (position_ >= text_.size() || text_[position_] == '\n') return true;
  return text_[position_] == '\r' && position_ + 1 < text_.size() && text_[position_ + 1] == '\n';
}

void CsvRecords::PassLineEnd() {
  if (position_ < text_.size() && text_[position_] == '\r') ++position_;
  if (position_ < text_.size()) ++position_;
  ++line_;
}

absl::StatusOr<bool> CsvRecords::Next() {
  while (position_ < text_.size() && AtLineEnd()) PassLineEnd();
  fields_.clear();
  record_line_ = line_;
  if (position_ >= text_.size()) return false;
  RETURN_IF_ERROR(ReadField());
  while (!AtLineEnd()) {
    ++position_;  // the separator
    RETURN_IF_ERROR(ReadField());
  }
  PassLineEnd();
  return true;
}

absl::Status CsvRecords::ReadField() {
  std::string& field = fields_.emplace_back();
  if (position_ < text_.size() && text_[position_] == '"') return ReadQuoted(field);
  const size_t begin = position_;
  while (!AtLineEnd() && text_[position_] != separator_) {
    const char c = text_[position_++];
    if (c == '"') {
      return ErrorAt(line_,
                     absl::StrCat("field ", fields_.size(),
                                  ": expected no quote within a field that does not begin "
                                  "with one; write the field in quotes, its own ones twice"));
    }
    if (c == '\0') return ErrorAt(line_, "expected text, got a NUL byte; is it a CSV file?");
  }
  field.assign(text_.data() + begin, position_ - begin);
  return absl::OkStatus();
}

absl::Status CsvRecords::ReadQuoted(std::string& field) {
  const int64_t first_line = line_;
  ++position_;
  while (position_ < text_.size()) {
    const char c = text_[position_++];
    if (c == '\n') ++line_;
    if (c == '\0') return ErrorAt(line_, "expected text, got a NUL byte; is it a CSV file?");
    if (c != '"') {
      field += c;
      continue;
    }
    if (position_ < text_.size() && text_[position_] == '"') {
      field += '"';
      ++position_;
      continue;
    }
    if (AtLineEnd() || text_[position_] == separator_) return absl::OkStatus();
    return ErrorAt(line_, absl::StrCat("field ", fields_.size(),
                                       ": expected a separator after the closing quote"));
  }
  return ErrorAt(first_line, absl::StrCat("field ", fields_.size(),
                                          ": expected a closing quote, got the end of the file"));
}

}  // namespace traind
