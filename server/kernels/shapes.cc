#include "server/kernels/conv.h"
#include "server/kernels/elementwise.h"

// Not inline: an inline function would be compiled with each path's own instruction set, and the
// linker could keep the one that another processor lacks.
namespace traind {

int ConvShape::out_height() const { return (in_height - kernel_height) / stride + 1; }

int ConvShape::out_width() const { return (in_width - kernel_width) / stride + 1; }

PlaneShape PoolShape::out() const {
  return {(in.height - kernel) / stride + 1, (in.width - kernel) / stride + 1, in.channels};
}

}  // namespace traind
