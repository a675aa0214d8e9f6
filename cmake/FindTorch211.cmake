# LibTorch as scripts/setup unpacks it from the wheel: only the libraries that
# CPU use needs. The wheel's own TorchConfig.cmake would ask for a CUDA toolkit.
set(Torch211_ROOT "${TRAIND_DEPS_DIR}/libtorch/torch")
find_path(Torch211_INCLUDE_DIR torch/headeronly/version.h PATHS "${Torch211_ROOT}/include" NO_DEFAULT_PATH)
find_library(Torch211_CPU_LIBRARY torch_cpu PATHS "${Torch211_ROOT}/lib" NO_DEFAULT_PATH)
find_library(Torch211_C10_LIBRARY c10 PATHS "${Torch211_ROOT}/lib" NO_DEFAULT_PATH)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Torch211
  REQUIRED_VARS Torch211_CPU_LIBRARY Torch211_C10_LIBRARY Torch211_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "Run scripts/setup first: it unpacks LibTorch 2.11.0 into .deps/libtorch")

if(Torch211_FOUND AND NOT TARGET Torch211::cpu)
  file(STRINGS "${Torch211_INCLUDE_DIR}/torch/headeronly/version.h" version
       REGEX "define TORCH_VERSION_M")
  if(NOT version MATCHES "MAJOR 2.*MINOR 11")
    message(FATAL_ERROR "LibTorch in ${Torch211_ROOT} is not 2.11: ${version}. Run scripts/setup.")
  endif()
  add_library(Torch211::c10 SHARED IMPORTED)
  set_target_properties(Torch211::c10 PROPERTIES IMPORTED_LOCATION "${Torch211_C10_LIBRARY}")
  add_library(Torch211::cpu SHARED IMPORTED)
  set_target_properties(Torch211::cpu PROPERTIES IMPORTED_LOCATION "${Torch211_CPU_LIBRARY}")
  target_include_directories(Torch211::cpu SYSTEM INTERFACE "${Torch211_INCLUDE_DIR}"
                             "${Torch211_INCLUDE_DIR}/torch/csrc/api/include")
  target_compile_definitions(Torch211::cpu INTERFACE _GLIBCXX_USE_CXX11_ABI=1)
  # libtorch_cpu links CUDA's cudart and cupti; they are found by its own RPATH at run time.
  target_link_options(Torch211::cpu INTERFACE -Wl,--allow-shlib-undefined -Wl,--disable-new-dtags)
  target_link_libraries(Torch211::cpu INTERFACE Torch211::c10)
endif()
