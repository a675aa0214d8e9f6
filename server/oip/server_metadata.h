#ifndef TRAIND_SERVER_OIP_SERVER_METADATA_H_
#define TRAIND_SERVER_OIP_SERVER_METADATA_H_

#include "absl/strings/string_view.h"
#include "inference/grpc_service.pb.h"

namespace traind {

// Who we are, and the extensions of the protocol that work here: clients call the
// RPCs of an extension only when it is listed.
inference::ServerMetadataResponse DescribeServer(absl::string_view server_version);

}  // namespace traind

#endif  // TRAIND_SERVER_OIP_SERVER_METADATA_H_
