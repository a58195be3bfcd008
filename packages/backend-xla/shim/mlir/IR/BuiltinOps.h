// Stands in for MLIR's header, which TensorFlow's wheel does not ship: the client's headers name these types and nothing more.
#pragma once
namespace mlir {
class MLIRContext;
struct ModuleOp {
  void* op;
};
template <class T>
struct OwningOpRef {
  T op;
};
}  // namespace mlir
