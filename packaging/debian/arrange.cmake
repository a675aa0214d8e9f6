# What Debian wants otherwise than other systems do, in the folders that CPack
# is about to pack: compressed man pages, its own folder for zsh's functions,
# and a word on copyright in each package.
file(GLOB packages "${CPACK_TEMPORARY_DIRECTORY}/*/usr")
list(TRANSFORM packages APPEND /share)
foreach(share IN LISTS packages)
  string(REGEX REPLACE "^.*/([^/]+)/usr/share$" "\\1" group "${share}")
  string(TOUPPER "${group}" group)
  set(doc "${share}/doc/${CPACK_DEBIAN_${group}_PACKAGE_NAME}")
  file(COPY "${CMAKE_CURRENT_LIST_DIR}/copyright" DESTINATION "${doc}" FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  file(GLOB pages "${share}/man/*/*.[1-9]")
  if(pages)
    execute_process(COMMAND gzip -9nf ${pages} COMMAND_ERROR_IS_FATAL ANY)
  endif()
  if(EXISTS "${share}/zsh/site-functions")
    file(RENAME "${share}/zsh/site-functions" "${share}/zsh/vendor-completions")
  endif()
endforeach()
