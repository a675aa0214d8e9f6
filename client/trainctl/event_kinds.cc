#include "client/trainctl/event_kinds.h"

#include <algorithm>
#include <utility>

#include "client/trainctl/enum_words.h"

namespace traind {
namespace {

class KindFilter final : public RunListener {
 public:
  KindFilter(std::vector<std::string> words, std::unique_ptr<RunListener> listener)
      : words_(std::move(words)), listener_(std::move(listener)) {}

  void OnEvent(const v1::Event& event) override {
    const bool wanted =
        std::find(words_.begin(), words_.end(), EventKindWord(event)) != words_.end();
    if (wanted) listener_->OnEvent(event);
  }
  void OnProgress(const v1::Progress& progress) override { listener_->OnProgress(progress); }
  void OnReconnect(const absl::Status& reason, absl::Duration delay) override {
    listener_->OnReconnect(reason, delay);
  }

 private:
  const std::vector<std::string> words_;
  const std::unique_ptr<RunListener> listener_;
};

}  // namespace

std::string EventKindWord(const v1::Event& event) {
  const auto* payload = v1::Event::descriptor()->FindOneofByName("payload");
  const auto* field = v1::Event::GetReflection()->GetOneofFieldDescriptor(event, payload);
  return field == nullptr ? "" : field->name();
}

CLI::Option* AddKindsFlag(CLI::App& command, std::vector<std::string>& words,
                          const std::string& description) {
  return command.add_option("--kinds", words, description)
      ->check(CLI::IsMember(EnumWords(*v1::EventKind_descriptor())))
      ->type_name("KIND,...")
      ->delimiter(',')
      ->take_all()
      ->expected(1);
}

void SetKinds(const std::vector<std::string>& words, v1::StreamMetricsRequest& request) {
  for (const std::string& word : words) {
    request.add_kinds(static_cast<v1::EventKind>(EnumNumber(*v1::EventKind_descriptor(), word)));
  }
}

std::unique_ptr<RunListener> OnlyKinds(const std::vector<std::string>& words,
                                       std::unique_ptr<RunListener> listener) {
  if (words.empty()) return listener;
  return std::make_unique<KindFilter>(words, std::move(listener));
}

}  // namespace traind
