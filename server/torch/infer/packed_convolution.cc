#include "server/torch/infer/packed_convolution.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <optional>
#include <utility>

namespace traind {
namespace {

// The library's operation, which has no function in its headers: convolution, then
// `attribute` on each result.
using Pointwise = at::Tensor(const at::Tensor& input, const at::Tensor& weight,
                             const std::optional<at::Tensor>& bias, at::IntArrayRef padding,
                             at::IntArrayRef stride, at::IntArrayRef dilation, int64_t groups,
                             c10::string_view attribute,
                             c10::List<std::optional<at::Scalar>> scalars,
                             std::optional<c10::string_view> algorithm);

const c10::TypedOperatorHandle<Pointwise>& PointwiseConvolution() {
  static const c10::TypedOperatorHandle<Pointwise> operation =
      c10::Dispatcher::singleton()
          .findSchemaOrThrow("mkldnn::_convolution_pointwise", "")
          .typed<Pointwise>();
  return operation;
}

}  // namespace

PackedConvolution::PackedConvolution(const v1::Conv2d& options, const at::Tensor& weight,
                                     at::Tensor bias, at::IntArrayRef input_shape, bool has_relu)
    : bias_(std::move(bias)),
      stride_(options.has_stride() ? options.stride() : 1),
      padding_(options.padding()),
      has_relu_(has_relu) {
  PointwiseConvolution();
  weight_ = at::mkldnn_reorder_conv2d_weight(
      weight.contiguous(at::MemoryFormat::ChannelsLast).to_mkldnn(), {padding_, padding_},
      {stride_, stride_}, /*dilation=*/{1, 1}, /*groups=*/1, input_shape);
}

at::Tensor PackedConvolution::Forward(const at::Tensor& input) const {
  return PointwiseConvolution().call(
      input, weight_, bias_.defined() ? std::optional<at::Tensor>(bias_) : std::nullopt,
      {padding_, padding_}, {stride_, stride_}, {1, 1}, /*groups=*/1, has_relu_ ? "relu" : "none",
      c10::List<std::optional<at::Scalar>>(), "");
}

}  // namespace traind
