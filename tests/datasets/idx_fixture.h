#ifndef TRAIND_TESTS_DATASETS_IDX_FIXTURE_H_
#define TRAIND_TESTS_DATASETS_IDX_FIXTURE_H_

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace traind {

// A test with a folder of its own, removed afterwards.
class FolderTest : public testing::Test {
 protected:
  FolderTest() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = testing::TempDir() + "datasets_" + test->test_suite_name() + "_" + test->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~FolderTest() override { std::filesystem::remove_all(folder_); }

  // Writes a file, creating its folders, and returns its path.
  std::string Write(const std::string& name, const std::string& bytes) {
    const std::filesystem::path path = std::filesystem::path(folder_) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }

  std::string folder_;
};

// The message as a std::string, which GoogleMock can search.
inline std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

// The header of an IDX file of unsigned bytes.
inline std::string IdxHeader(const std::vector<uint32_t>& sizes) {
  std::string bytes = {0, 0, 8, static_cast<char>(sizes.size())};
  for (uint32_t size : sizes) {
    for (int shift : {24, 16, 8, 0}) bytes += static_cast<char>(size >> shift);
  }
  return bytes;
}

// A whole IDX file with the values 0, 1, 2 and so on, modulo 256.
inline std::string IdxBytes(const std::vector<uint32_t>& sizes) {
  size_t count = 1;
  for (uint32_t size : sizes) count *= size;
  std::string bytes = IdxHeader(sizes);
  for (size_t i = 0; i < count; ++i) bytes += static_cast<char>(i);
  return bytes;
}

// One gzip member, by zlib itself.
inline std::string Gzip(const std::string& bytes) {
  z_stream stream = {};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

}  // namespace traind

#endif  // TRAIND_TESTS_DATASETS_IDX_FIXTURE_H_
