# SPDX-License-Identifier: MIT
#
# The page that slope/graph.h writes as .html: its style, and its script with Slope itself in it, compiled to WebAssembly.
#
#     page/engine.c + the core of the library --clang--> engine.wasm --gzip--> --esbuild, with page/src--> page.js --> page_script.inc
#
# Without these tools (SLOPE_PAGE=OFF, or AUTO where one is missing) a page is a picture and a table that do not move.
set(SLOPE_PAGE AUTO CACHE STRING "Build the script of pages (needs clang, lld, wasi-libc, esbuild): ON, OFF or AUTO")
set_property(CACHE SLOPE_PAGE PROPERTY STRINGS ON OFF AUTO)

set(page_missing "")
if(SLOPE_PAGE)
    find_program(SLOPE_PAGE_CLANG NAMES clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14)
    find_program(SLOPE_PAGE_ESBUILD esbuild)
    find_program(SLOPE_PAGE_GZIP gzip)
    mark_as_advanced(SLOPE_PAGE_CLANG SLOPE_PAGE_ESBUILD SLOPE_PAGE_GZIP)
    foreach(tool CLANG ESBUILD GZIP)
        if(NOT SLOPE_PAGE_${tool})
            string(TOLOWER ${tool} tool)
            list(APPEND page_missing ${tool})
        endif()
    endforeach()
    if(SLOPE_PAGE_CLANG)
        file(WRITE ${PROJECT_BINARY_DIR}/page/try.c "#include <math.h>\n#include <stdlib.h>\nint main(void) { return (int)sin(rand()); }\n")
        execute_process(COMMAND ${SLOPE_PAGE_CLANG} --target=wasm32-wasi ${PROJECT_BINARY_DIR}/page/try.c
                                -o ${PROJECT_BINARY_DIR}/page/try.wasm
                        RESULT_VARIABLE page_failed OUTPUT_QUIET ERROR_QUIET)
        if(page_failed)
            list(APPEND page_missing "lld, wasi-libc or clang's runtime for wasm32")
        endif()
    endif()
    if(page_missing)
        list(JOIN page_missing ", " page_missing)
        if(SLOPE_PAGE STREQUAL "AUTO")
            message(STATUS "pages will have no script; missing: ${page_missing}")
        else()
            message(FATAL_ERROR "SLOPE_PAGE is on, and these are missing: ${page_missing}; the file packages names them")
        endif()
    endif()
endif()

function(slope_embed_bytes name file)
    set(out ${PROJECT_BINARY_DIR}/page/${name}.inc)
    add_custom_command(OUTPUT ${out}
                       COMMAND ${CMAKE_COMMAND} -DFILE=${file} -DNAME=${name} -DOUT=${out}
                               -P ${PROJECT_SOURCE_DIR}/cmake/embed_bytes.cmake
                       DEPENDS ${file} ${PROJECT_SOURCE_DIR}/cmake/embed_bytes.cmake VERBATIM)
    target_sources(slope_objects PRIVATE ${out})
endfunction()

set(SLOPE_PAGE_HAS_SCRIPT OFF)
if(SLOPE_PAGE AND NOT page_missing)
    set(SLOPE_PAGE_HAS_SCRIPT ON)
    set(page_dir ${PROJECT_BINARY_DIR}/page)
    set(page_sources page/engine.c page/how.c page/paths.c page/slopes.c
        ${SLOPE_BASE} ${SLOPE_OPS} ${SLOPE_TAPE} ${SLOPE_NUMERIC} ${SLOPE_EXPR} ${SLOPE_GRAPH_CORE})
    list(REMOVE_ITEM page_sources src/base/file.c)
    list(TRANSFORM page_sources PREPEND ${PROJECT_SOURCE_DIR}/)
    file(GLOB page_headers CONFIGURE_DEPENDS include/slope/*.h src/*.def src/base/*.h src/base/*.def src/ops/*.h src/tape/*.h
         src/numeric/*.h src/expr/*.h src/graph/*.h src/graph/*.def page/*.h)
    add_custom_command(OUTPUT ${page_dir}/engine.wasm.gz
        COMMAND ${SLOPE_PAGE_CLANG} --target=wasm32-wasi -mexec-model=reactor -std=c11 -Oz -flto -DNDEBUG
                -ffp-contract=off -fno-math-errno -I${PROJECT_SOURCE_DIR}/include -I${PROJECT_SOURCE_DIR}/src
                -I${PROJECT_SOURCE_DIR}/page ${page_sources} -Wl,--strip-all -Wl,--gc-sections -o ${page_dir}/engine.wasm
        COMMAND ${SLOPE_PAGE_GZIP} -9 -n -k -f ${page_dir}/engine.wasm
        DEPENDS ${page_sources} ${page_headers} VERBATIM)
    file(GLOB page_scripts CONFIGURE_DEPENDS page/src/*.ts page/src/*.html)
    add_custom_command(OUTPUT ${page_dir}/page.js
        COMMAND ${CMAKE_COMMAND} -E env NODE_PATH=${page_dir} ${SLOPE_PAGE_ESBUILD} ${PROJECT_SOURCE_DIR}/page/src/main.ts --bundle
                --minify --format=iife --target=es2022 --charset=utf8 --loader:.gz=base64 --loader:.html=text --log-level=warning
                --outfile=${page_dir}/page.js
        DEPENDS ${page_scripts} ${page_dir}/engine.wasm.gz VERBATIM)
    slope_embed_bytes(page_script ${page_dir}/page.js)
else()
    file(WRITE ${PROJECT_BINARY_DIR}/page/nothing.js "")
    slope_embed_bytes(page_script ${PROJECT_BINARY_DIR}/page/nothing.js)
endif()
slope_embed_bytes(page_style ${PROJECT_SOURCE_DIR}/page/style.css)
target_include_directories(slope_objects PRIVATE ${PROJECT_BINARY_DIR}/page)
