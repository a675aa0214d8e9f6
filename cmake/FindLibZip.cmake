# libzip. Debian's own CMake file of it asks for command line tools of other packages.
find_path(LibZip_INCLUDE_DIR zip.h)
find_library(LibZip_LIBRARY zip)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibZip REQUIRED_VARS LibZip_LIBRARY LibZip_INCLUDE_DIR
                                  REASON_FAILURE_MESSAGE "Run scripts/setup first: it installs libzip-dev")

if(LibZip_FOUND AND NOT TARGET LibZip::zip)
  add_library(LibZip::zip SHARED IMPORTED)
  set_target_properties(LibZip::zip PROPERTIES IMPORTED_LOCATION "${LibZip_LIBRARY}"
                        INTERFACE_INCLUDE_DIRECTORIES "${LibZip_INCLUDE_DIR}")
endif()
