#include "server/runs/logged_event.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>

#include "traind/v1/training_service.pb.h"

namespace traind {

const std::string& LoggedEvent::response_bytes() const {
  // Field by field, as a StreamMetricsResponse would need a copy of the event.
  using google::protobuf::internal::WireFormatLite;
  absl::call_once(serialised_, [this] {
    google::protobuf::io::StringOutputStream stream(&response_bytes_);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.WriteTag(WireFormatLite::MakeTag(v1::StreamMetricsResponse::kEventsFieldNumber,
                                         WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
    out.WriteVarint64(event_.ByteSizeLong());
    event_.SerializeToCodedStream(&out);
  });
  return response_bytes_;
}

}  // namespace traind
