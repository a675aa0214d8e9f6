#include "client/trainctl/run_answer.h"

#include "client/run_state.h"
#include "client/trainctl/json_text.h"

namespace traind {

void PrintRunState(const v1::Run& run, Session& session) {
  if (session.json) {
    session.out() << JsonDocument(run) << "\n";
  } else {
    session.out() << run.id() << " " << RunStateName(run.state()) << "\n";
  }
}

}  // namespace traind
