#ifndef TRAIND_CLIENT_TRAINCTL_TEXT_TABLE_H_
#define TRAIND_CLIENT_TRAINCTL_TEXT_TABLE_H_

#include <string>
#include <vector>

namespace traind {

// Rows in aligned columns, as kubectl prints them. An empty cell is shown as `-`.
// Not thread-safe.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header);

  // A row has at most as many cells as the header.
  void AddRow(std::vector<std::string> cells);
  // Every row with a line end, each starting with `indent`; no trailing spaces.
  std::string Render(const std::string& indent = "") const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// `text`, or its start and `...` when it has more bytes than `bytes_max`, at least 3.
std::string ShortText(const std::string& text, size_t bytes_max);

// Adds the line `NAME:  VALUE` to a description; none for an empty value.
void AddField(std::string& text, const std::string& name, const std::string& value);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_TEXT_TABLE_H_
