# lld where it is installed: after a change of one core file a build links 36
# programs again, which takes GNU ld over twice as long.
include(CheckLinkerFlag)
check_linker_flag(CXX -fuse-ld=lld TRAIND_HAS_LLD)
if(TRAIND_HAS_LLD)
  add_link_options(-fuse-ld=lld)
endif()
