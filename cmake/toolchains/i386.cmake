# SPDX-License-Identifier: MIT
# cmake --toolchain cmake/toolchains/i386.cmake: Debian's cross compiler, and qemu to run what it makes (./run cross i386).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR i686)
set(CMAKE_C_COMPILER i686-linux-gnu-gcc)
set(CMAKE_FIND_ROOT_PATH /usr/i686-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-i386 -L /usr/i686-linux-gnu)
# Registers of the 8087 hold more digits than a double: results would differ with what the compiler keeps where.
set(CMAKE_C_FLAGS_INIT "-msse2 -mfpmath=sse")
