#ifndef TRAIND_SERVER_DATASETS_CSV_RECORDS_H_
#define TRAIND_SERVER_DATASETS_CSV_RECORDS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace traind {

// The records of comma-separated values (RFC 4180), one after another. Lines end with LF
// or CRLF, the last one may lack its end; empty lines and a byte order mark are passed
// over. Not thread-safe.
class CsvRecords {
 public:
  // `text` must outlive the reader.
  CsvRecords(absl::string_view text, char separator);

  // The character between the fields of the text's first line: `,`, `;` or a tab,
  // whichever there are the most of outside of quotes.
  static char SeparatorOf(absl::string_view text);

  // Goes to the next record; false after the last. INVALID_ARGUMENT with the line for a
  // quote in the wrong place, one that is not closed, or a NUL byte.
  absl::StatusOr<bool> Next();

  // Of the record: without quotes, blanks as they are.
  const std::vector<std::string>& fields() const { return fields_; }
  // The line in which it begins, from 1.
  int64_t line() const { return record_line_; }

 private:
  bool AtLineEnd() const;
  void PassLineEnd();
  absl::Status ReadField();
  absl::Status ReadQuoted(std::string& field);
  absl::Status ErrorAt(int64_t line, absl::string_view what) const;

  const absl::string_view text_;
  const char separator_;
  size_t position_ = 0;
  int64_t line_ = 1;
  int64_t record_line_ = 0;
  std::vector<std::string> fields_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_CSV_RECORDS_H_
