#!/bin/sh
# SPDX-License-Identifier: MIT
#
# make.sh FOLDER: the documentation: FOLDER/site (HTML, open site/index.html) and FOLDER/man3 (manual pages).
set -eu
[ $# -eq 1 ] || { echo "usage: make.sh FOLDER" >&2; exit 2; }
folder=$1
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
cd "$(dirname "$0")/../.."
rm -rf "$folder/xml"
SLOPE_DOXYGEN_OUTPUT=$folder doxygen docs/Doxyfile
export PYTHONDONTWRITEBYTECODE=1
python3 tools/docs/manual.py "$folder/xml" include/slope "$folder/man3"
python3 tools/docs/site.py "$folder/xml" "$folder/site"
rm -rf "$folder/xml"
