#ifndef TRAIND_SERVER_BASE_SHA256_H_
#define TRAIND_SERVER_BASE_SHA256_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace traind {

// SHA-256 (FIPS 180-4) of bytes that come piece by piece. Not thread-safe.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  ~Sha256();

  void Add(absl::string_view bytes);
  // Of all that was added, as 64 lower-case hexadecimal digits. Call once, last.
  std::string Hex();

 private:
  struct Context;  // OpenSSL's

  std::unique_ptr<Context> context_;
};

// SHA-256 of the bytes as 64 lower-case hexadecimal digits.
std::string Sha256Hex(absl::string_view bytes);

}  // namespace traind

#endif  // TRAIND_SERVER_BASE_SHA256_H_
