# SPDX-License-Identifier: MIT
# FILE := what `TOOL NAME` prints; written only when it differs, so that nothing is rebuilt without need.
execute_process(COMMAND ${TOOL} ${NAME} OUTPUT_VARIABLE text RESULT_VARIABLE result)
if(NOT result EQUAL 0)
    message(FATAL_ERROR "${TOOL} ${NAME} failed: ${result}")
endif()
set(old "")
if(EXISTS ${FILE})
    file(READ ${FILE} old)
endif()
if(NOT text STREQUAL old)
    file(WRITE ${FILE} "${text}")
    message(STATUS "renewed ${FILE}")
endif()
