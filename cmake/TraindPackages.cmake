# Debian packages, by `cpack -G DEB --config BUILD/CPackConfig.cmake`:
#   traind                server, worker, recipes, unit, and LibTorch in a folder of its own
#   traind-client         trainctl
#   libtraind-client-dev  traind::client for other CMake projects
set(debian "${PROJECT_SOURCE_DIR}/packaging/debian")

# What only a Debian package has, at Debian's places; `cmake --install` leaves it out.
install(FILES "${PROJECT_SOURCE_DIR}/deploy/systemd/traind.service" DESTINATION /lib/systemd/system
        COMPONENT debian EXCLUDE_FROM_ALL OPTIONAL)
install(FILES "${debian}/traind.default" DESTINATION /etc/default RENAME traind
        COMPONENT debian EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "traind developers <traind@example.org>")
set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}/packages")
set(CPACK_SET_DESTDIR ON)  # for what lies outside of /usr
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL server libtorch debian client dev)
set(CPACK_PRE_BUILD_SCRIPTS "${debian}/arrange.cmake")
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE gzip)  # xz takes minutes for LibTorch
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_TRAIND_PACKAGE_NAME traind)
set(CPACK_DEBIAN_TRAIND_DESCRIPTION "server that trains neural networks and serves them over gRPC
Each training runs in a process of its own; runs, checkpoints and models are
kept on disk, and predictions go on whatever happens to a training.
LibTorch 2.11 is part of this package.")
set(CPACK_DEBIAN_TRAIND_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_TRAIND_PACKAGE_RECOMMENDS "traind-client, ca-certificates")
set(CPACK_DEBIAN_TRAIND_PACKAGE_CONTROL_EXTRA
    "${debian}/conffiles;${debian}/postinst;${debian}/prerm;${debian}/postrm")
file(GLOB private_libraries "${TRAIND_DEPS_DIR}/libtorch/torch/lib" "${TRAIND_DEPS_DIR}/libtorch/nvidia/*/lib")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${private_libraries})

set(CPACK_DEBIAN_CLIENT_PACKAGE_NAME traind-client)
set(CPACK_DEBIAN_CLIENT_DESCRIPTION "command line of the training server traind
trainctl starts trainings on a server, follows their logs, and predicts with
the resulting models.")
set(CPACK_DEBIAN_CLIENT_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_CLIENT_PACKAGE_SUGGESTS "gnuplot-nox | gnuplot")  # for `trainctl plot`

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libtraind-client-dev)
set(CPACK_DEBIAN_DEV_DESCRIPTION "C++ client library for the training server traind
Headers, static libraries and CMake files: find_package(traind_client) gives
the target traind::client.")
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "libabsl-dev, libgrpc++-dev, libprotobuf-dev, protobuf-compiler-grpc")

include(CPack)
cpack_add_component_group(traind)
foreach(component server libtorch debian)
  cpack_add_component(${component} GROUP traind)
endforeach()
