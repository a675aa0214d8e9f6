# Where the parts of an installation go. The tree is relocatable: programs find
# everything by their own place, so nothing here may be an absolute path.
#
# Components: server (traind, its worker, recipes, protos, deploy files), client
# (trainctl), dev (traind::client for other CMake projects), libtorch.

# A private folder: the system may have another LibTorch.
set(TRAIND_LIBTORCH_DESTINATION "lib/traind/libtorch")
file(RELATIVE_PATH libtorch_from_bin "/${CMAKE_INSTALL_BINDIR}" "/${TRAIND_LIBTORCH_DESTINATION}/torch/lib")
# The second place is the plug-in's for CUDA.
set(TRAIND_LIBTORCH_RPATH "$ORIGIN/${libtorch_from_bin};$ORIGIN/../lib/traind")

set(TRAIND_SHARE_DESTINATION "${CMAKE_INSTALL_DATADIR}/traind")
# Headers are included as "client/…" and "traind/v1/…"; a folder of their own
# keeps these names out of the system's.
set(TRAIND_INCLUDE_DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/traind")
set(TRAIND_PACKAGE_DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/traind_client")

# traind_install_library(TARGET name): into the export set of find_package(traind_client),
# as traind::<name without traind_>.
function(traind_install_library target)
  string(REGEX REPLACE "^traind_" "" name "${target}")
  set_target_properties(${target} PROPERTIES EXPORT_NAME "${name}")
  install(TARGETS ${target} EXPORT traind_client
          ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT dev
          INCLUDES DESTINATION "${TRAIND_INCLUDE_DESTINATION}")
endfunction()
