# The executable traind and what it is put together from.
find_package(nlohmann_json REQUIRED)
configure_file("${CMAKE_CURRENT_SOURCE_DIR}/version.h.in"
               "${PROJECT_BINARY_DIR}/generated/server/version.h" @ONLY)

# Flags and logs: no room of the server needed.
traind_library(NAME server_options
  SOURCES default_paths.cc logging.cc options.cc
  PUBLIC traind::base absl::status absl::statusor absl::strings absl::time
  PRIVATE CLI11::CLI11 nlohmann_json::nlohmann_json spdlog::spdlog)
target_include_directories(traind_server_options PUBLIC "${PROJECT_BINARY_DIR}/generated")

# The composition root.
traind_library(NAME server
  SOURCES
    address_file.cc
    run_log.cc
    run_publisher.cc
    secrets.cc
    server.cc
    signal_waiter.cc
    socket_directory.cc
    ticker.cc
  PUBLIC traind::server_options traind::rpc traind::runs traind::serving
  PRIVATE traind::recipes traind::store traind::telemetry traind::torch traind::workers)

add_executable(traind main.cc)
target_link_libraries(traind PRIVATE traind::server)
set_target_properties(traind PROPERTIES INSTALL_RPATH "${TRAIND_LIBTORCH_RPATH}")
install(TARGETS traind RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT server)
