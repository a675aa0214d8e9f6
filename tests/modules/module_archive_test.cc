#include "server/modules/module_archive.h"

#include <zip.h>

#include <string>
#include <vector>

#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

constexpr char kFixtures[] = "tests/torch/fixtures/";  // of Python, see make_module_fixtures.py

class ModuleArchiveTest : public testing::Test {
 protected:
  absl::StatusOr<v1::ModuleFormat> FormatOf(const std::string& bytes) {
    WriteFile(path_, bytes);
    return FormatOfModule(path_, limits_);
  }

  // An archive with empty files of these names.
  absl::StatusOr<v1::ModuleFormat> FormatOfNames(const std::vector<std::string>& names) {
    zip_t* const archive = zip_open(path_.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
    for (const std::string& name : names) {
      zip_file_add(archive, name.c_str(), zip_source_buffer(archive, nullptr, 0, 0), 0);
    }
    EXPECT_EQ(zip_close(archive), 0);
    return FormatOfModule(path_, limits_);
  }

  Limits limits_;
  const TempDirectory directory_;
  const std::string path_ = directory_.Path("module");
};

TEST_F(ModuleArchiveTest, WhatPythonSavesAsTorchScriptIsKnown) {
  const absl::StatusOr<v1::ModuleFormat> format =
      FormatOfModule(std::string(kFixtures) + "tiny_module.pt", limits_);
  ASSERT_OK(format);
  EXPECT_EQ(*format, v1::MODULE_FORMAT_TORCHSCRIPT);
}

TEST_F(ModuleArchiveTest, WhatTorchSaveWritesIsRefusedUnopened) {
  EXPECT_THAT(FormatOfModule(std::string(kFixtures) + "tiny_pickle.pt", limits_),
              StatusIs(absl::StatusCode::kInvalidArgument, "pickles are never opened"));
}

TEST_F(ModuleArchiveTest, ABarePickleIsRefusedUnopened) {
  EXPECT_THAT(FormatOf("\x80\x02}q."),
              StatusIs(absl::StatusCode::kInvalidArgument, "pickles are never opened"));
}

TEST_F(ModuleArchiveTest, AnArchiveThatIsCutShortIsTold) {
  const std::string whole = ReadFile(std::string(kFixtures) + "tiny_module.pt");
  EXPECT_THAT(FormatOf(whole.substr(0, whole.size() / 2)),
              StatusIs(absl::StatusCode::kInvalidArgument, "expected a whole ZIP archive"));
}

TEST_F(ModuleArchiveTest, APackageOfMachineCodeIsKnown) {
  const absl::StatusOr<v1::ModuleFormat> format =
      FormatOfNames({"mine/data/aotinductor/model/code.so", "mine/archive_format"});
  ASSERT_OK(format);
  EXPECT_EQ(*format, v1::MODULE_FORMAT_AOTINDUCTOR);
}

TEST_F(ModuleArchiveTest, AProgramOfTorchExportIsToldWhatItLacks) {
  EXPECT_THAT(FormatOfNames({"mine/models/model.json", "mine/archive_format"}),
              StatusIs(absl::StatusCode::kInvalidArgument, "aoti_compile_and_package"));
}

TEST_F(ModuleArchiveTest, OtherFilesAreRefused) {
  EXPECT_THAT(FormatOf(""), StatusIs(absl::StatusCode::kInvalidArgument, "an empty file"));
  EXPECT_THAT(FormatOf("\x7f"
                       "ELF"),
              StatusIs(absl::StatusCode::kInvalidArgument, "no archive"));
  EXPECT_THAT(FormatOfNames({"mine/readme"}),
              StatusIs(absl::StatusCode::kInvalidArgument, "another archive"));
}

TEST_F(ModuleArchiveTest, TheNumberOfFilesIsBounded) {
  limits_.module_entries_max = 1;
  EXPECT_THAT(FormatOfNames({"mine/code/a.py", "mine/constants.pkl"}),
              StatusIs(absl::StatusCode::kInvalidArgument, "it has 2 files, more than 1"));
}

}  // namespace
}  // namespace traind
