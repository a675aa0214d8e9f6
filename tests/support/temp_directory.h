#ifndef TRAIND_TESTS_SUPPORT_TEMP_DIRECTORY_H_
#define TRAIND_TESTS_SUPPORT_TEMP_DIRECTORY_H_

#include <string>

#include "absl/strings/string_view.h"

namespace traind {

// A fresh, empty directory with a short path; gone with everything in it when
// destroyed.
class TempDirectory {
 public:
  // Not ::testing::TempDir(): a socket in here must stay below 108 bytes.
  explicit TempDirectory(absl::string_view parent = "/tmp");
  TempDirectory(const TempDirectory&) = delete;
  ~TempDirectory();

  const std::string& path() const { return path_; }
  // Path of `name` below the directory.
  std::string Path(absl::string_view name) const;

 private:
  std::string path_;
};

// Whole content of a file; fails the test when it cannot be read.
std::string ReadFile(const std::string& path);
// Writes a file, with the directories above it.
void WriteFile(const std::string& path, absl::string_view content);

}  // namespace traind

#endif  // TRAIND_TESTS_SUPPORT_TEMP_DIRECTORY_H_
