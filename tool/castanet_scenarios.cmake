# SPDX-License-Identifier: MIT
#
# castanet_scenarios(TARGET...)
#
# Names the scenario programs of this directory to pytest: writes castanet-tests.json into its build
# directory.
# Then, with the plugin: pytest <build directory>/castanet-tests.json.  To be called once in a directory.
function(castanet_scenarios)
  set(programs "")
  foreach(target IN LISTS ARGN)
    if(NOT TARGET ${target})
      message(FATAL_ERROR "castanet_scenarios: ${target} is no target\n"
        "  why: it names programs that CMake builds\n  fix: call it behind add_executable(${target} ...)")
    endif()
    string(APPEND programs "${separator}\n  \"$<TARGET_FILE:${target}>\"")
    set(separator ",")
  endforeach()
  file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/castanet-tests.json
    CONTENT "{\"version\": 1, \"programs\": [${programs}\n]}\n")
endfunction()
