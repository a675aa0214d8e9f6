#ifndef TRAIND_TESTS_CLIENT_TLS_IDENTITY_H_
#define TRAIND_TESTS_CLIENT_TLS_IDENTITY_H_

#include <string>

namespace traind {

// A certificate that signed itself, and its key, both PEM.
struct TlsIdentity {
  std::string certificate;
  std::string key;
};

// A fresh identity for 127.0.0.1, valid for an hour.
TlsIdentity MakeTlsIdentity();

}  // namespace traind

#endif  // TRAIND_TESTS_CLIENT_TLS_IDENTITY_H_
