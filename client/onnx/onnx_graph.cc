#include "client/onnx/onnx_graph.h"

#include "absl/strings/str_cat.h"

namespace traind {
namespace {

void Describe(const std::string& name, onnx::TensorProto::DataType type,
              const std::vector<int64_t>& shape, const std::string& description,
              onnx::ValueInfoProto& value) {
  value.set_name(name);
  value.set_doc_string(description);
  onnx::TypeProto::Tensor& tensor = *value.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type);
  for (const int64_t size : shape) {
    onnx::TensorShapeProto::Dimension& dimension = *tensor.mutable_shape()->add_dim();
    if (size < 0) {
      dimension.set_dim_param("N");
    } else {
      dimension.set_dim_value(size);
    }
  }
}

}  // namespace

std::string OnnxGraph::Add(const std::string& op_type, const std::string& place,
                           const std::vector<std::string>& inputs) {
  onnx::NodeProto& node = *graph_.add_node();
  node.set_op_type(op_type);
  // Unique, as the number of nodes only grows.
  node.set_name(absl::StrCat(place, "/", op_type, "_", graph_.node_size()));
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(node.name());
  return node.name();
}

OnnxGraph& OnnxGraph::Int(const std::string& name, int64_t value) {
  AddAttribute(name, onnx::AttributeProto::INT).set_i(value);
  return *this;
}

OnnxGraph& OnnxGraph::List(const std::string& name, const std::vector<int64_t>& values) {
  AddAttribute(name, onnx::AttributeProto::INTS).mutable_ints()->Add(values.begin(), values.end());
  return *this;
}

OnnxGraph& OnnxGraph::Float(const std::string& name, double value) {
  AddAttribute(name, onnx::AttributeProto::FLOAT).set_f(static_cast<float>(value));
  return *this;
}

std::string OnnxGraph::Constant(const std::string& name, const std::vector<int64_t>& shape,
                                const std::vector<float>& values) {
  onnx::TensorProto& tensor = *graph_.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  tensor.mutable_dims()->Add(shape.begin(), shape.end());
  tensor.set_raw_data(values.data(), values.size() * sizeof(float));
  return name;
}

std::string OnnxGraph::Constant(const std::string& name, const std::vector<int64_t>& values) {
  onnx::TensorProto& tensor = *graph_.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::INT64);
  tensor.add_dims(static_cast<int64_t>(values.size()));
  tensor.set_raw_data(values.data(), values.size() * sizeof(int64_t));
  return name;
}

void OnnxGraph::AddInput(const std::string& name, const std::vector<int64_t>& shape,
                         const std::string& description) {
  Describe(name, onnx::TensorProto::FLOAT, shape, description, *graph_.add_input());
}

void OnnxGraph::AddOutput(const std::string& name, onnx::TensorProto::DataType type,
                          const std::vector<int64_t>& shape, const std::string& description) {
  Describe(name, type, shape, description, *graph_.add_output());
}

void OnnxGraph::NameOutput(const std::string& name) {
  graph_.mutable_node(graph_.node_size() - 1)->set_output(0, name);
}

onnx::AttributeProto& OnnxGraph::AddAttribute(const std::string& name,
                                              onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto& attribute = *graph_.mutable_node(graph_.node_size() - 1)->add_attribute();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}

}  // namespace traind
