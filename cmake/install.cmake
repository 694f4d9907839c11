# SPDX-License-Identifier: MIT
# What `cmake --install` puts where.  Everything is relocatable: nothing installed knows the prefix.
include(CMakePackageConfigHelpers)

install(TARGETS slope_shared slope_static EXPORT SlopeTargets)
install(FILES ${SLOPE_HEADERS} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/slope)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
if(SLOPE_DOCS)
    install(DIRECTORY ${PROJECT_BINARY_DIR}/docs/man3 DESTINATION ${CMAKE_INSTALL_MANDIR})
    install(DIRECTORY ${PROJECT_BINARY_DIR}/docs/site/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/html)
endif()

set(slope_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Slope)
install(EXPORT SlopeTargets NAMESPACE slope:: DESTINATION ${slope_cmake_dir})
configure_package_config_file(cmake/SlopeConfig.cmake.in SlopeConfig.cmake INSTALL_DESTINATION ${slope_cmake_dir})
write_basic_package_version_file(SlopeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/SlopeConfig.cmake ${PROJECT_BINARY_DIR}/SlopeConfigVersion.cmake
        DESTINATION ${slope_cmake_dir})

# Folders are below the prefix, or absolute if they were given so.
foreach(kind INCLUDEDIR LIBDIR)
    set(SLOPE_PC_${kind} ${CMAKE_INSTALL_${kind}})
    cmake_path(IS_RELATIVE SLOPE_PC_${kind} below)
    if(below)
        string(PREPEND SLOPE_PC_${kind} "\${prefix}/")
    endif()
endforeach()
# The way back from lib/pkgconfig to the prefix; libdir may have two parts (lib/x86_64-linux-gnu).
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig
           OUTPUT_VARIABLE SLOPE_PC_PREFIX)
list(TRANSFORM CMAKE_DL_LIBS PREPEND "-l" OUTPUT_VARIABLE SLOPE_PC_DL) # before glibc 2.34 a library of its own
configure_file(cmake/slope.pc.in slope.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/slope.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
