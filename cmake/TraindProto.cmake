# traind_proto_library(NAME x PROTOS … [GRPC] [LINKS …]): C++ from protos, with
# services' stubs too when GRPC is given.
function(traind_proto_library)
  cmake_parse_arguments(PARSE_ARGV 0 ARG "GRPC" "NAME" "PROTOS;LINKS")
  set(target traind_${ARG_NAME})
  set(out "${PROJECT_BINARY_DIR}/proto")
  file(MAKE_DIRECTORY "${out}")
  add_library(${target} STATIC ${ARG_PROTOS})
  # Generated files have static data of the same names.
  set_target_properties(${target} PROPERTIES UNITY_BUILD OFF)
  add_library(traind::${ARG_NAME} ALIAS ${target})
  target_include_directories(${target} SYSTEM PUBLIC "$<BUILD_INTERFACE:${out}>")
  target_link_libraries(${target} PUBLIC protobuf::libprotobuf ${ARG_LINKS})
  if(ARG_GRPC)
    target_link_libraries(${target} PUBLIC gRPC::grpc++)
    protobuf_generate(TARGET ${target} LANGUAGE grpc GENERATE_EXTENSIONS .grpc.pb.h .grpc.pb.cc
                      PLUGIN "protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>"
                      IMPORT_DIRS "${PROJECT_SOURCE_DIR}/proto" PROTOC_OUT_DIR "${out}")
  else()
    protobuf_generate(TARGET ${target} LANGUAGE cpp IMPORT_DIRS "${PROJECT_SOURCE_DIR}/proto"
                      PROTOC_OUT_DIR "${out}")
  endif()
endfunction()
