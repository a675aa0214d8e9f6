# Installs BUILD and moves the result to TREE: what would name the first place is found out.
file(REMOVE_RECURSE "${TREE}" "${TREE}.first")
execute_process(COMMAND "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${TREE}.first" OUTPUT_QUIET
                COMMAND_ERROR_IS_FATAL ANY)
file(RENAME "${TREE}.first" "${TREE}")
