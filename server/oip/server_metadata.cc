#include "server/oip/server_metadata.h"

namespace traind {

inference::ServerMetadataResponse DescribeServer(absl::string_view server_version) {
  inference::ServerMetadataResponse response;
  response.set_name("traind");
  response.set_version(server_version.data(), server_version.size());
  for (const char* extension : {"binary_tensor_data", "classification", "model_configuration",
                                "model_repository", "statistics"}) {
    response.add_extensions(extension);
  }
  return response;
}

}  // namespace traind
