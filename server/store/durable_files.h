#ifndef TRAIND_SERVER_STORE_DURABLE_FILES_H_
#define TRAIND_SERVER_STORE_DURABLE_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace traind {

// Files that survive `kill -9` and power loss once a call has returned OK. What
// must appear all at once is written under another name first, then renamed.
// Codes as in FileError; messages name the path. Thread-safe: no state.

// Creates the directory and those above it, each flushed into its parent.
// Nothing happens when it exists.
absl::Status CreateDirectories(const std::string& path);

// Creates or truncates a file, writes it and flushes its content. The name is
// durable only after SyncDirectory of its parent.
absl::Status WriteFileDurably(const std::string& path, absl::string_view bytes);

// Writes all bytes at the file's place, or its end where it was opened to append; `path` is
// for messages. Nothing is flushed.
absl::Status WriteAll(int fd, const std::string& path, absl::string_view bytes);

// Flushes a directory's names.
absl::Status SyncDirectory(const std::string& path);

// Replaces the file in one step: written beside it, renamed, parent flushed.
absl::Status ReplaceFileDurably(const std::string& path, absl::string_view bytes);

// Puts the flushed directory `from` at `to` (same parent) and flushes the
// parent. A directory that is at `to` already is replaced and removed: in one step
// where the file system can exchange two names.
absl::Status PublishDirectory(const std::string& from, const std::string& to);

// Copies regular files and directories below `from` into the new directory `to`
// and flushes them; those directly in it whose name begins with a non-empty
// `left_out_prefix` stay behind. INVALID_ARGUMENT for anything else, such as a link.
absl::Status CopyTreeDurably(const std::string& from, const std::string& to,
                             absl::string_view left_out_prefix = "");

// Removes a directory and all below it. Nothing happens when there is none.
absl::Status RemoveTree(const std::string& path);

}  // namespace traind

#endif  // TRAIND_SERVER_STORE_DURABLE_FILES_H_
