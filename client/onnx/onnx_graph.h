#ifndef TRAIND_CLIENT_ONNX_ONNX_GRAPH_H_
#define TRAIND_CLIENT_ONNX_ONNX_GRAPH_H_

#include <cstdint>
#include <string>
#include <vector>

#include "onnx/onnx.pb.h"

namespace traind {

// Puts an ONNX graph together, node by node. Not thread-safe.
class OnnxGraph {
 public:
  // The next node: its inputs' names are there already. Returns the name of its output, such
  // as `layers.0/Conv_3`.
  std::string Add(const std::string& op_type, const std::string& place,
                  const std::vector<std::string>& inputs);
  // Figures of the newest node: one whole number, several, or a real one.
  OnnxGraph& Int(const std::string& name, int64_t value);
  OnnxGraph& List(const std::string& name, const std::vector<int64_t>& values);
  OnnxGraph& Float(const std::string& name, double value);

  // A constant; returns `name`.
  std::string Constant(const std::string& name, const std::vector<int64_t>& shape,
                       const std::vector<float>& values);
  std::string Constant(const std::string& name, const std::vector<int64_t>& values);

  // Declares what the graph takes or gives; -1 is the number of rows, `N`.
  void AddInput(const std::string& name, const std::vector<int64_t>& shape,
                const std::string& description);
  void AddOutput(const std::string& name, onnx::TensorProto::DataType type,
                 const std::vector<int64_t>& shape, const std::string& description);

  // Gives the newest node's output this name.
  void NameOutput(const std::string& name);

  onnx::GraphProto& proto() { return graph_; }

 private:
  onnx::AttributeProto& AddAttribute(const std::string& name,
                                     onnx::AttributeProto::AttributeType type);

  onnx::GraphProto graph_;
};

}  // namespace traind

#endif  // TRAIND_CLIENT_ONNX_ONNX_GRAPH_H_
