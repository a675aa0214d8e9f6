#include "server/oip/datatype.h"

namespace traind {
namespace {

constexpr v1::DataType kNone = v1::DATA_TYPE_UNSPECIFIED;
constexpr OipDatatype kDatatypes[] = {
    {"BOOL", 1, inference::TYPE_BOOL, kNone},
    {"UINT8", 1, inference::TYPE_UINT8, v1::DATA_TYPE_UINT8},
    {"UINT16", 2, inference::TYPE_UINT16, kNone},
    {"UINT32", 4, inference::TYPE_UINT32, kNone},
    {"UINT64", 8, inference::TYPE_UINT64, kNone},
    {"INT8", 1, inference::TYPE_INT8, kNone},
    {"INT16", 2, inference::TYPE_INT16, kNone},
    {"INT32", 4, inference::TYPE_INT32, kNone},
    {"INT64", 8, inference::TYPE_INT64, v1::DATA_TYPE_INT64},
    {"FP16", 2, inference::TYPE_FP16, kNone},
    {"BF16", 2, inference::TYPE_BF16, kNone},
    {"FP32", 4, inference::TYPE_FP32, v1::DATA_TYPE_FP32},
    {"FP64", 8, inference::TYPE_FP64, kNone},
    {"BYTES", 0, inference::TYPE_STRING, kNone},
};

}  // namespace

absl::Span<const OipDatatype> OipDatatypes() { return kDatatypes; }

const OipDatatype* FindOipDatatype(absl::string_view name) {
  for (const OipDatatype& datatype : kDatatypes) {
    if (datatype.name == name) return &datatype;
  }
  return nullptr;
}

const OipDatatype* FindOipDatatype(v1::DataType data_type) {
  if (data_type == kNone) return nullptr;
  for (const OipDatatype& datatype : kDatatypes) {
    if (datatype.data_type == data_type) return &datatype;
  }
  return nullptr;
}

}  // namespace traind
