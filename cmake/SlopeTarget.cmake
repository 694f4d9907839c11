# SPDX-License-Identifier: MIT
# What every target of this project is compiled with: slope_target(name), and slope_executable(name sources...).

function(slope_link_options target)
    if(SLOPE_SANITIZE)
        target_link_options(${target} PRIVATE -fsanitize=${SLOPE_SANITIZE})
    endif()
    if(SLOPE_FUZZ)
        target_link_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
    endif()
    if(SLOPE_COVERAGE)
        target_link_options(${target} PRIVATE --coverage)
    endif()
endfunction()

function(slope_target target)
    set_target_properties(${target} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF
                          C_VISIBILITY_PRESET hidden)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                           -Wmissing-prototypes -Wstrict-prototypes
                           $<$<BOOL:${SLOPE_WERROR}>:-Werror>)
    if(SLOPE_SANITIZE)
        target_compile_options(${target} PRIVATE -fsanitize=${SLOPE_SANITIZE} -fno-sanitize-recover=all
                               -fno-omit-frame-pointer)
    endif()
    if(SLOPE_FUZZ) # else the fuzzer is blind: it goes by the branches that an input reaches in the library
        target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
    endif()
    if(SLOPE_COVERAGE)
        target_compile_options(${target} PRIVATE --coverage)
    endif()
    slope_link_options(${target})
endfunction()

function(slope_executable target)
    add_executable(${target} ${ARGN})
    slope_target(${target})
endfunction()
