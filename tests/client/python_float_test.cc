#include "client/trainctl/python_float.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace traind {
namespace {

// Expected values: CPython 3's repr of the same doubles.
TEST(PythonFloatTest, FloatsWidenedToDoubleHaveTheDigitsOfRepr) {
  EXPECT_EQ(PythonFloat(0.045026839f), "0.04502683877944946");
  EXPECT_EQ(PythonFloat(0.1f), "0.10000000149011612");
  EXPECT_EQ(PythonFloat(2.3025851f), "2.3025851249694824");
  EXPECT_EQ(PythonFloat(0.00012345f), "0.0001234499941347167");
  EXPECT_EQ(PythonFloat(123456789.0f), "123456792.0");
}

TEST(PythonFloatTest, WholeNumbersKeepTheirPoint) {
  EXPECT_EQ(PythonFloat(1), "1.0");
  EXPECT_EQ(PythonFloat(0), "0.0");
  EXPECT_EQ(PythonFloat(-100), "-100.0");
}

TEST(PythonFloatTest, SmallAndLargeNumbersHaveAnExponent) {
  EXPECT_EQ(PythonFloat(0.0001), "0.0001");
  EXPECT_EQ(PythonFloat(0.0001f), "9.999999747378752e-05");
  EXPECT_EQ(PythonFloat(5e-5f), "4.999999873689376e-05");
  EXPECT_EQ(PythonFloat(1e-7f), "1.0000000116860974e-07");
  EXPECT_EQ(PythonFloat(1e16), "1e+16");
  EXPECT_EQ(PythonFloat(1e22f), "9.999999778196308e+21");
}

TEST(PythonFloatTest, WhatIsNoNumberIsSaid) {
  EXPECT_EQ(PythonFloat(std::nan("")), "nan");
  EXPECT_EQ(PythonFloat(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(PythonFloat(-std::numeric_limits<double>::infinity()), "-inf");
}

}  // namespace
}  // namespace traind
