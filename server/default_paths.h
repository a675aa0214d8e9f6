#ifndef TRAIND_SERVER_DEFAULT_PATHS_H_
#define TRAIND_SERVER_DEFAULT_PATHS_H_

#include <string>

namespace traind {

// The folder that this process's executable lies in.
std::string ExecutableDirectory();

// Where a server keeps its data when not told: /var/lib/traind for root, else
// $XDG_DATA_HOME/traind or ~/.local/share/traind.
std::string DefaultDataDirectory();

// Where recipes are when not told: ../share/traind/recipes beside the
// executable's folder once installed.
std::string DefaultRecipesDirectory();

// The worker that belongs to this executable: traind-worker beside it.
std::string DefaultWorker();

}  // namespace traind

#endif  // TRAIND_SERVER_DEFAULT_PATHS_H_
