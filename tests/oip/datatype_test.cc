#include "server/oip/datatype.h"

#include "gtest/gtest.h"

namespace traind {
namespace {

// From the protocol's table of tensor data types, and Triton's BF16.
TEST(OipDatatypeTest, HasTheProtocolsDatatypesAndSizes) {
  const std::pair<const char*, int64_t> expected[] = {
      {"BOOL", 1}, {"UINT8", 1}, {"UINT16", 2}, {"UINT32", 4}, {"UINT64", 8},
      {"INT8", 1}, {"INT16", 2}, {"INT32", 4},  {"INT64", 8},  {"FP16", 2},
      {"BF16", 2}, {"FP32", 4},  {"FP64", 8},   {"BYTES", 0},
  };
  EXPECT_EQ(OipDatatypes().size(), std::size(expected));
  for (const auto& [name, bytes] : expected) {
    const OipDatatype* const datatype = FindOipDatatype(name);
    ASSERT_NE(datatype, nullptr) << name;
    EXPECT_EQ(datatype->element_bytes, bytes) << name;
  }
}

TEST(OipDatatypeTest, ConfigurationsNameItWithAPrefix) {
  for (const OipDatatype& datatype : OipDatatypes()) {
    const std::string name = datatype.name == "BYTES" ? "STRING" : std::string(datatype.name);
    EXPECT_EQ(inference::DataType_Name(datatype.config), "TYPE_" + name);
  }
}

TEST(OipDatatypeTest, EachTypeOfOursHasOneOfTheSameName) {
  for (const auto type : {v1::DATA_TYPE_FP32, v1::DATA_TYPE_INT64, v1::DATA_TYPE_UINT8}) {
    const OipDatatype* const datatype = FindOipDatatype(type);
    ASSERT_NE(datatype, nullptr);
    EXPECT_EQ("DATA_TYPE_" + std::string(datatype->name), v1::DataType_Name(type));
    EXPECT_EQ(FindOipDatatype(datatype->name)->data_type, type);
  }
}

TEST(OipDatatypeTest, OtherNamesAndTypesAreUnknown) {
  for (const char* name : {"", "fp32", "FLOAT", "TYPE_FP32"}) {
    EXPECT_EQ(FindOipDatatype(name), nullptr) << name;
  }
  EXPECT_EQ(FindOipDatatype(v1::DATA_TYPE_UNSPECIFIED), nullptr);
  EXPECT_EQ(FindOipDatatype(static_cast<v1::DataType>(77)), nullptr);
}

}  // namespace
}  // namespace traind
