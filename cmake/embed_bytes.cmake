# SPDX-License-Identifier: MIT
# cmake -DFILE=x.js -DNAME=text -DOUT=x.inc -P embed_bytes.cmake: a file as a C array of bytes that ends in a zero; with FILE
# empty just the zero.
set(bytes "")
if(FILE)
    file(READ "${FILE}" content HEX)
    string(REGEX REPLACE "(................................)" "\\1\n" content "${content}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${content}")
endif()
file(WRITE "${OUT}" "static const unsigned char ${NAME}[] = {\n${bytes}0};\n")
