#include "tests/crash/told_facts.h"

#include <fstream>

namespace traind {

void ToldFacts::NoteRun(const v1::Run& run) {
  Note(run.id(), "state", run.state());
  Note(run.id(), "version", run.published_version());
  Note(run.id(), "sequence", run.last_sequence());
}

void ToldFacts::NoteCheckpoint(const std::string& run_id, int64_t step) {
  Note(run_id, "checkpoint", step);
}

void ToldFacts::NoteAliasMove(const std::string& alias, int64_t version) {
  Note(alias, "alias_next", version);
}

void ToldFacts::NoteAlias(const std::string& alias, int64_t version) {
  Note(alias, "alias", version);
}

void ToldFacts::NoteVersionDeleted(const std::string& model, int64_t version) {
  Note(model, "deleted", version);
}

void ToldFacts::Note(const std::string& run_id, const std::string& kind, int64_t value) {
  std::ofstream(path_, std::ios::app) << run_id << " " << kind << " " << value << std::endl;
}

std::map<std::string, ToldFacts::Fact> ToldFacts::Read() const {
  std::map<std::string, Fact> facts;
  std::ifstream file(path_);
  std::string run_id, kind;
  int64_t value = 0;
  while (file >> run_id >> kind >> value) {
    Fact& fact = facts[run_id];
    if (kind == "sequence") fact.last_sequence = value;
    if (kind == "checkpoint") fact.checkpoint_step = value;
    if (kind == "state") fact.state = static_cast<int>(value);
    if (kind == "alias") fact.alias_version = value;
    if (kind == "alias_next") fact.alias_next_version = value;
    if (kind == "deleted") fact.deleted_version = value;
    if (kind == "version") fact.published_version = static_cast<int>(value);
  }
  return facts;
}

}  // namespace traind
