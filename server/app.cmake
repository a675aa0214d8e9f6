# The executable traind and what it is put together from.
configure_file("${CMAKE_CURRENT_SOURCE_DIR}/version.h.in"
               "${PROJECT_BINARY_DIR}/generated/server/version.h" @ONLY)

traind_library(NAME version)
target_include_directories(traind_version INTERFACE "${PROJECT_BINARY_DIR}/generated")

# The log of server and worker.
traind_library(NAME logging
  SOURCES event_line.cc log_line.cc logging.cc
  PUBLIC traind::proto absl::status absl::statusor absl::strings
  PRIVATE traind::base absl::str_format absl::time nlohmann_json::nlohmann_json spdlog::spdlog)

# What both say of predictions.
traind_library(NAME predict_log
  SOURCES predict_log.cc
  PUBLIC traind::serving traind::torch
  PRIVATE traind::logging absl::strings absl::time)

# Flags: no room of the server needed.
traind_library(NAME server_options
  SOURCES default_paths.cc options.cc
  PUBLIC traind::base traind::version absl::status absl::statusor absl::strings absl::time
  PRIVATE CLI11::CLI11)

# The composition root.
traind_library(NAME server
  SOURCES
    address_file.cc
    module_parts.cc
    prediction_executors.cc
    process_log_control.cc
    rpc_report.cc
    run_log.cc
    run_publisher.cc
    secrets.cc
    server.cc
    signal_waiter.cc
    socket_directory.cc
    stored_module_publisher.cc
    stored_weights.cc
    ticker.cc
  PUBLIC traind::logging traind::modules traind::server_options traind::rpc traind::runs traind::serving traind::sweeps
         traind::telemetry
  PRIVATE traind::grpc_log traind::predict_log traind::recipes traind::store traind::torch traind::torch_plain traind::workers)

add_executable(traind main.cc)
target_link_libraries(traind PRIVATE traind::server)
set_target_properties(traind PROPERTIES INSTALL_RPATH "${TRAIND_LIBTORCH_RPATH}")
install(TARGETS traind RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT server)
