# What Debian wants elsewhere than other systems do, in the folders that CPack
# is about to pack: compressed man pages, and its own folder for zsh's functions.
file(GLOB packages "${CPACK_TEMPORARY_DIRECTORY}/*/usr/share")
foreach(share IN LISTS packages)
  file(GLOB pages "${share}/man/*/*.[1-9]")
  if(pages)
    execute_process(COMMAND gzip -9nf ${pages} COMMAND_ERROR_IS_FATAL ANY)
  endif()
  if(EXISTS "${share}/zsh/site-functions")
    file(RENAME "${share}/zsh/site-functions" "${share}/zsh/vendor-completions")
  endif()
endforeach()
