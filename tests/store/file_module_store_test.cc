#include "server/store/file_module_store.h"

#include <google/protobuf/text_format.h>

#include <filesystem>
#include <utility>

#include "server/base/sha256.h"
#include "server/modules/module_files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

namespace fs = std::filesystem;

// Describes what came, without running it, or fails.
class FakeInspector : public ModuleInspector {
 public:
  absl::Status Inspect(const std::string& folder) override {
    if (!failure.ok()) return failure;
    v1::ModuleHeader header;
    header.ParseFromString(ReadFile(folder + "/" + kModuleHeaderFile));
    v1::Module module;
    module.set_name(header.name());
    module.set_sha256(header.sha256());
    module.set_size_bytes(header.size_bytes());
    *module.mutable_input_shape() = header.input_shape();
    std::string text;
    google::protobuf::TextFormat::PrintToString(module, &text);
    const std::string made = folder + "/" + kInspectedFolder + "/";
    WriteFile(made + kModuleDescriptionFile, text);
    fs::rename(folder + "/" + kModuleBytesFile, made + kTorchScriptFile);
    return absl::OkStatus();
  }

  absl::Status failure;
};

class FileModuleStoreTest : public testing::Test {
 protected:
  static v1::ModuleHeader Header(const std::string& bytes, const std::string& name = "mine") {
    v1::ModuleHeader header;
    header.set_name(name);
    header.set_sha256(Sha256Hex(bytes));
    header.set_size_bytes(static_cast<int64_t>(bytes.size()));
    header.add_input_shape(4);
    return header;
  }

  // Sends the bytes in two pieces.
  absl::StatusOr<v1::Module> Push(const v1::ModuleHeader& header, const std::string& bytes) {
    absl::StatusOr<ModuleStore::Begun> begun = store_.Begin(header);
    if (!begun.ok()) return begun.status();
    if (begun->module.has_value()) return *begun->module;
    const absl::string_view all = bytes;
    for (const absl::string_view piece : {all.substr(0, 2), all.substr(2)}) {
      if (absl::Status appended = begun->upload->Append(piece); !appended.ok()) return appended;
    }
    return begun->upload->Finish();
  }

  // What is left of pushes.
  std::vector<std::string> Pushing() const {
    std::vector<std::string> names;
    const std::string folder = directory_.Path("modules/.pushing");
    if (!fs::exists(folder)) return names;
    for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().string());
    return names;
  }

  TempDirectory directory_;
  Limits limits_;
  FakeInspector inspector_;
  const ModuleDirectory modules_{directory_.Path("modules"), true};
  FileModuleStore store_{limits_, modules_, inspector_};
};

TEST_F(FileModuleStoreTest, WhatWasPushedIsThereAsItWas) {
  ASSERT_OK(Push(Header("the code"), "the code"));
  EXPECT_THAT(modules_.List(), ElementsAre("mine"));
  EXPECT_EQ(ReadFile(modules_.Folder("mine") + "/" + kTorchScriptFile), "the code");
  EXPECT_THAT(Pushing(), IsEmpty());
}

TEST_F(FileModuleStoreTest, TheSameAgainIsAnsweredWithWhatIsThere) {
  ASSERT_OK(Push(Header("the code"), "the code"));
  const absl::StatusOr<ModuleStore::Begun> begun = store_.Begin(Header("the code"));
  ASSERT_OK(begun);
  ASSERT_TRUE(begun->module.has_value());
  EXPECT_EQ(begun->module->sha256(), Sha256Hex("the code"));
}

TEST_F(FileModuleStoreTest, ModulesNeverChange) {
  ASSERT_OK(Push(Header("the code"), "the code"));
  EXPECT_THAT(store_.Begin(Header("other code")),
              StatusIs(absl::StatusCode::kAlreadyExists, "never change"));
}

TEST_F(FileModuleStoreTest, BytesThatAreNotAsAnnouncedLeaveNothing) {
  v1::ModuleHeader header = Header("the code");
  header.set_sha256(Sha256Hex("the coda"));
  EXPECT_THAT(Push(header, "the code"), StatusIs(absl::StatusCode::kDataLoss, "sha256"));
  EXPECT_THAT(Push(Header("the code"), "the co"),
              StatusIs(absl::StatusCode::kInvalidArgument, "expected 8 bytes"));
  EXPECT_THAT(Push(Header("the code"), "the code and more"),
              StatusIs(absl::StatusCode::kInvalidArgument, "got more"));
  EXPECT_THAT(modules_.List(), IsEmpty());
  EXPECT_THAT(Pushing(), IsEmpty());
}

TEST_F(FileModuleStoreTest, WhatTheInspectionRefusesLeavesNothing) {
  inspector_.failure = absl::InvalidArgumentError("it is a pickle");
  EXPECT_THAT(Push(Header("the code"), "the code"),
              StatusIs(absl::StatusCode::kInvalidArgument, "it is a pickle"));
  EXPECT_THAT(modules_.List(), IsEmpty());
  EXPECT_THAT(Pushing(), IsEmpty());
}

TEST_F(FileModuleStoreTest, WithoutTheSwitchNothingIsTaken) {
  const ModuleDirectory off(directory_.Path("modules"), false);
  FileModuleStore store(limits_, off, inspector_);
  EXPECT_THAT(store.Begin(Header("the code")),
              StatusIs(absl::StatusCode::kFailedPrecondition, "--allow-modules"));
}

TEST_F(FileModuleStoreTest, PushesAtATimeAreBounded) {
  std::vector<ModuleStore::Begun> begun;
  for (int i = 0; i < limits_.module_pushes_max; ++i) {
    absl::StatusOr<ModuleStore::Begun> one =
        store_.Begin(Header("the code", "m" + std::to_string(i)));
    ASSERT_OK(one);
    begun.push_back(*std::move(one));
  }
  EXPECT_THAT(store_.Begin(Header("the code")),
              StatusIs(absl::StatusCode::kResourceExhausted, "module_pushes_max"));
  begun.pop_back();
  EXPECT_OK(store_.Begin(Header("the code")));
}

TEST_F(FileModuleStoreTest, AServerRemovesWhatAnEarlierOneLeft) {
  WriteFile(directory_.Path("modules/.pushing/1/bytes"), "half");
  FileModuleStore store(limits_, modules_, inspector_);
  EXPECT_THAT(Pushing(), IsEmpty());
}

TEST_F(FileModuleStoreTest, ADeletedNameIsFree) {
  ASSERT_OK(Push(Header("the code"), "the code"));
  const absl::StatusOr<int64_t> freed = store_.Delete("mine");
  ASSERT_OK(freed);
  EXPECT_EQ(*freed, 8);
  EXPECT_THAT(store_.Delete("mine"), StatusIs(absl::StatusCode::kNotFound, "none yet"));
  EXPECT_OK(Push(Header("other code"), "other code"));
}

}  // namespace
}  // namespace traind
