#ifndef TRAIND_CLIENT_TRAINCTL_EVENT_KINDS_H_
#define TRAIND_CLIENT_TRAINCTL_EVENT_KINDS_H_

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "client/run_listener.h"
#include "traind/v1/training_service.pb.h"

namespace traind {

// The word for what an event tells, such as `train_step`: the name of its
// payload's field, which is EventKind's word too. Empty for a payload that a
// newer server has and this client does not.
std::string EventKindWord(const v1::Event& event);

// Adds --kinds, which fills `words`; `words` must outlive the parsing.
CLI::Option* AddKindsFlag(CLI::App& command, std::vector<std::string>& words,
                          const std::string& description);

// Asks for events of these kinds; none of them asks for all.
void SetKinds(const std::vector<std::string>& words, v1::StreamMetricsRequest& request);

// `listener` behind a filter: it gets events of these kinds alone. A server sends
// the terminal state as well, whatever it is asked for. No kinds let all through.
std::unique_ptr<RunListener> OnlyKinds(const std::vector<std::string>& words,
                                       std::unique_ptr<RunListener> listener);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_EVENT_KINDS_H_
