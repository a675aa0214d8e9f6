// Nothing: the library of the name `libtorch.so`, which AOTInductor packages ask for. In LibTorch
// it has nothing either but what it links, and the wheel's also links CUDA's part.
