#ifndef TRAIND_TESTS_CRASH_TOLD_FACTS_H_
#define TRAIND_TESTS_CRASH_TOLD_FACTS_H_

#include <cstdint>
#include <map>
#include <string>

#include "traind/v1/run.pb.h"

namespace traind {

// What a process that may end at any moment has been told is durable: a file with a
// line for each fact. The process notes, another one reads when it is gone.
class ToldFacts {
 public:
  // Notes go to the end of the file at `path`, outside of what is tested.
  explicit ToldFacts(std::string path) : path_(std::move(path)) {}

  void NoteRun(const v1::Run& run);
  void NoteCheckpoint(const std::string& run_id, int64_t step);
  // That an alias is to move to the version, and that it has.
  void NoteAliasMove(const std::string& alias, int64_t version);
  void NoteAlias(const std::string& alias, int64_t version);
  void NoteVersionDeleted(const std::string& model, int64_t version);

  struct Fact {
    int64_t last_sequence = 0;
    int64_t checkpoint_step = 0;
    int state = 0;              // a v1::RunState
    int published_version = 0;  // 0: none
    // Of an alias, under its name.
    int64_t alias_version = 0;
    int64_t alias_next_version = 0;
    // Of a model, under its name. The newest that was deleted; 0: none.
    int64_t deleted_version = 0;
  };
  // The newest of each by run, alias or model.
  std::map<std::string, Fact> Read() const;

 private:
  void Note(const std::string& run_id, const std::string& kind, int64_t value);
  const std::string path_;
};

}  // namespace traind

#endif  // TRAIND_TESTS_CRASH_TOLD_FACTS_H_
