# Installs the shared libraries of LibTorch that running needs, in the folders
# of the wheels: their own RPATHs are relative to each other. Component libtorch.
set(libtorch "${TRAIND_DEPS_DIR}/libtorch")
set(destination "${TRAIND_LIBTORCH_DESTINATION}")

if(EXISTS "${libtorch}/torch/lib/libtorch_cuda.so")
  # CUDA's libraries load further ones by name, so all of them go along.
  foreach(folder torch/lib nvidia)
    install(DIRECTORY "${libtorch}/${folder}/" DESTINATION "${destination}/${folder}" COMPONENT libtorch
            FILES_MATCHING PATTERN "*.so" PATTERN "*.so.*"
            PATTERN "include" EXCLUDE PATTERN "bin" EXCLUDE PATTERN "nvvm" EXCLUDE)
  endforeach()
else()
  foreach(library torch/lib/libc10.so torch/lib/libtorch_cpu.so torch/lib/libgomp.so.1
                  nvidia/cu13/lib/libcudart.so.13 nvidia/cu13/lib/libcupti.so.13)
    get_filename_component(folder "${library}" DIRECTORY)
    install(FILES "${libtorch}/${library}" DESTINATION "${destination}/${folder}" COMPONENT libtorch)
  endforeach()
  # The symbol table of libtorch_cpu is a fifth of it.
  install(CODE "
    if(CMAKE_INSTALL_DO_STRIP)
      set(folder \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${destination}/torch/lib\")
      execute_process(COMMAND \"${CMAKE_STRIP}\" --strip-unneeded \"\${folder}/libtorch_cpu.so\" \"\${folder}/libc10.so\"
                      COMMAND_ERROR_IS_FATAL ANY)
    endif()" COMPONENT libtorch)
endif()

# Their licences ask to go where the libraries go.
file(GLOB wheels RELATIVE "${libtorch}" "${libtorch}/*.dist-info")
foreach(wheel IN LISTS wheels)
  string(REGEX REPLACE "-.*" "" package "${wheel}")
  install(DIRECTORY "${libtorch}/${wheel}/licenses/" DESTINATION "${CMAKE_INSTALL_DOCDIR}/libtorch/${package}"
          COMPONENT libtorch OPTIONAL)
endforeach()
