#include "server/log_line.h"

#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace traind {
namespace {

constexpr size_t kValueBytesMax = 4096;

std::string Cut(absl::string_view value) {
  if (value.size() <= kValueBytesMax) return std::string(value);
  size_t end = kValueBytesMax;
  // Not within a character: UTF-8 goes on with bytes 10xxxxxx.
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xc0) == 0x80) --end;
  return absl::StrCat(value.substr(0, end), "… (", value.size(), " bytes)");
}

// Length of a UTF-8 character at the start of `text` that acts as a control
// character without being ASCII: U+0080 to U+009F, and the line and paragraph
// separators U+2028 and U+2029. 0 when there is none.
size_t ControlLength(absl::string_view text) {
  if (text.size() >= 2 && text[0] == '\xc2' && static_cast<unsigned char>(text[1]) < 0xa0) return 2;
  if (absl::StartsWith(text, "\xe2\x80\xa8") || absl::StartsWith(text, "\xe2\x80\xa9")) return 3;
  return 0;
}

bool HasControl(absl::string_view value) {
  for (size_t i = 0; i < value.size(); ++i) {
    const unsigned char c = value[i];
    if (c < ' ' || c == 0x7f || ControlLength(value.substr(i)) > 0) return true;
  }
  return false;
}

// C's escapes; other UTF-8 stays readable.
std::string Escape(absl::string_view value) {
  std::string escaped;
  for (size_t i = 0; i < value.size(); ++i) {
    const size_t length = ControlLength(value.substr(i));
    for (size_t j = 0; j < length; ++j) {
      absl::StrAppendFormat(&escaped, "\\%03o", static_cast<unsigned char>(value[i + j]));
    }
    if (length > 0) {
      i += length - 1;
    } else {
      absl::StrAppend(&escaped, absl::Utf8SafeCEscape(value.substr(i, 1)));
    }
  }
  return escaped;
}

bool NeedsQuotes(absl::string_view value) {
  return value.empty() || value.find_first_of(" \"\\=") != absl::string_view::npos ||
         HasControl(value);
}

}  // namespace

std::string FormatJsonLine(absl::string_view time, absl::string_view level,
                           absl::string_view message, const std::vector<LogField>& fields) {
  nlohmann::ordered_json line;
  line["time"] = std::string(time);
  line["level"] = std::string(level);
  line["message"] = Cut(message);
  for (const auto& [key, value] : fields) line[std::string(key)] = Cut(value);
  // ASCII alone, so that nothing acts as a line break; what is no UTF-8 must not
  // throw here.
  return line.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

std::string FormatTextLine(absl::string_view message, const std::vector<LogField>& fields) {
  std::string line = HasControl(message) ? Escape(Cut(message)) : Cut(message);
  for (const auto& [key, whole_value] : fields) {
    const std::string value = Cut(whole_value);
    absl::StrAppend(&line, " ", key, "=");
    if (NeedsQuotes(value)) {
      absl::StrAppend(&line, "\"", Escape(value), "\"");
    } else {
      absl::StrAppend(&line, value);
    }
  }
  return line;
}

}  // namespace traind
