#ifndef TRAIND_SERVER_KERNELS_MAX_POOL_H_
#define TRAIND_SERVER_KERNELS_MAX_POOL_H_

#include <cstdint>

#include "server/kernels/channel_lanes.h"
#include "server/kernels/elementwise.h"

namespace traind {

// ElementwiseKernelsOf::max_pool_affine and max_pool_backward with a vector of channels in each
// register. `Lanes` as in conv_forward_tile.h. A window of 2 by 2:
//
//   r[0] r[1]     best = r[0], then each r[i] > best takes its place and notes i;
//   r[2] r[3]     where a < 0 all signs are flipped, so that the least is the best
template <class Lanes>
class MaxPoolPath {
 public:
  using Element = typename Lanes::Input;
  using ConstPlane = ConstPlaneOf<Element>;
  using Plane = PlaneOf<Element>;

  static void Forward(const PoolShape& shape, const float* a, const float* b, ConstPlane r,
                      DropoutMask mask, Plane x, uint8_t* positions) {
    if (shape.kernel == 2) return ForwardOfSize<2>(shape, a, b, r, mask, x, positions);
    ForwardOfSize<0>(shape, a, b, r, mask, x, positions);
  }

  static void Backward(const PoolShape& shape, ConstPlane dx, DropoutMask mask,
                       const uint8_t* positions, ConstPlane r, Plane dz, float* sum,
                       float* product_sum) {
    if (shape.kernel == 2 && shape.stride == 2) {
      ZeroOutsideWindows(shape, dz);
      return BackwardOfSize<2>(shape, dx, mask, positions, r, dz, sum, product_sum);
    }
    ZeroRows(shape.in, 0, 0, dz);
    BackwardOfSize<0>(shape, dx, mask, positions, r, dz, sum, product_sum);
  }

 private:
  using Vector = typename Lanes::Vector;
  using Mask = typename Lanes::Mask;

  // kSize 0: as the shape says.
  template <int kSize>
  static void ForwardOfSize(const PoolShape& shape, const float* a, const float* b, ConstPlane r,
                            DropoutMask mask, Plane x, uint8_t* positions) {
    const PlaneShape out = shape.out();
    for (int c = 0; c < out.channels; c += Lanes::kCount) {
      const Vector factor = Lanes::Load(a + c);
      const Vector offset = Lanes::Load(b + c);
      const Vector flip = Lanes::SignBit(factor);
      for (int row = 0; row < out.height; ++row) {
        for (int column = 0; column < out.width; ++column) {
          const int64_t element = (int64_t{row} * out.width + column) * out.channels + c;
          const Element* const window = r.data + int64_t{row} * shape.stride * r.row_stride +
                                        int64_t{column} * shape.stride * out.channels + c;
          uint8_t* const to_positions = positions == nullptr ? nullptr : positions + element;
          const Vector best = Best<kSize>(shape, window, r.row_stride, flip, to_positions);
          const Vector z = Lanes::MultiplyAdd(factor, best, offset);
          Lanes::StoreOutput(x.data + row * x.row_stride + int64_t{column} * out.channels + c,
                             Dropped<Lanes>(mask, element, z));
        }
      }
    }
  }

  template <int kSize>
  [[gnu::always_inline]] static Vector Best(const PoolShape& shape, const Element* window,
                                            int64_t row_stride, Vector flip, uint8_t* positions) {
    const int size = kSize == 0 ? shape.kernel : kSize;
    Vector best = Lanes::Xor(Lanes::LoadInput(window), flip);
    typename Lanes::Integers best_position = Lanes::BroadcastInteger(0);
    for (int row = 0; row < size; ++row) {
      for (int column = 0; column < size; ++column) {
        const Vector value = Lanes::Xor(
            Lanes::LoadInput(window + row * row_stride + int64_t{column} * shape.in.channels),
            flip);
        const Mask better = Lanes::Greater(value, best);
        best = Lanes::Select(better, value, best);
        best_position = Lanes::SelectIntegers(
            better, Lanes::BroadcastInteger(static_cast<uint32_t>(row * size + column)),
            best_position);
      }
    }
    if (positions != nullptr) Lanes::StoreBytes(positions, best_position);
    return Lanes::Xor(best, flip);
  }

  // kSize 2: windows do not overlap and are written; 0: they may, and are added to.
  template <int kSize>
  static void BackwardOfSize(const PoolShape& shape, ConstPlane dx, DropoutMask mask,
                             const uint8_t* positions, ConstPlane r, Plane dz, float* sum,
                             float* product_sum) {
    const PlaneShape out = shape.out();
    const int size = kSize == 0 ? shape.kernel : kSize;
    for (int c = 0; c < out.channels; c += Lanes::kCount) {
      RowSums<Lanes> sums;
      RowSums<Lanes> product_sums;
      for (int row = 0; row < out.height; ++row) {
        for (int column = 0; column < out.width; ++column) {
          const int64_t element = (int64_t{row} * out.width + column) * out.channels + c;
          const Vector gradient =
              Lanes::AsStored(Dropped<Lanes>(mask, element,
                                             Lanes::LoadInput(dx.data + row * dx.row_stride +
                                                              int64_t{column} * out.channels + c)));
          sums.Add(gradient);
          for (int position = 0; position < size * size; ++position) {
            const int64_t in_row = int64_t{row} * shape.stride + position / size;
            const int64_t in_element =
                (int64_t{column} * shape.stride + position % size) * out.channels + c;
            const Mask chosen =
                Lanes::BytesEqual(positions + element, static_cast<uint8_t>(position));
            Vector share = Lanes::ZeroUnless(chosen, gradient);
            product_sums.AddProduct(share,
                                    Lanes::LoadInput(r.data + in_row * r.row_stride + in_element));
            Element* const to = dz.data + in_row * dz.row_stride + in_element;
            if (kSize == 0) share = Lanes::Add(share, Lanes::LoadInput(to));
            Lanes::StoreOutput(to, share);
          }
        }
        sums.EndRow();
        product_sums.EndRow();
      }
      AddTo<Lanes>(sum, c, sums.total);
      AddTo<Lanes>(product_sum, c, product_sums.total);
    }
  }

  // The last row and column, where a size is odd.
  static void ZeroOutsideWindows(const PoolShape& shape, Plane dz) {
    const PlaneShape out = shape.out();
    ZeroRows(shape.in, 0, out.width * shape.stride, dz);
    ZeroRows(shape.in, out.height * shape.stride, 0, dz);
  }

  // From the row and the column on.
  static void ZeroRows(const PlaneShape& shape, int first_row, int first_column, Plane plane) {
    for (int row = first_row; row < shape.height; ++row) {
      Element* const data = plane.data + row * plane.row_stride;
      const int64_t end = int64_t{shape.width} * shape.channels;
      for (int64_t i = int64_t{first_column} * shape.channels; i < end; i += Lanes::kCount) {
        Lanes::StoreOutput(data + i, Lanes::Zero());
      }
    }
  }
};

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_MAX_POOL_H_
