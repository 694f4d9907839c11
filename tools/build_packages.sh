#!/bin/sh
# SPDX-License-Identifier: MIT
#
# build_packages.sh FOLDER: the Debian packages of this source tree, and what lintian says of them: nothing.
set -eu
cd "$(dirname "$0")/.."
[ $# -eq 1 ] || { echo "usage: build_packages.sh FOLDER" >&2; exit 2; }
folder=$1
rm -rf "$folder"
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
export LC_ALL=C.UTF-8

# From a copy: a package is made of what is in version control, and debhelper writes into the tree.
version=$(sed -n 's/^project(slope VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
[ "$(dpkg-parsechangelog -S Version)" = "$version" ] || {
    echo "debian/changelog says $(dpkg-parsechangelog -S Version), CMakeLists.txt says $version" >&2
    exit 1
}
tree=$place/slope-$version
mkdir "$tree"
if git rev-parse --git-dir >/dev/null 2>&1; then
    git ls-files -z --cached --others --exclude-standard | tar -c --null -T - | tar -x -C "$tree"
else
    tar -c --exclude=./build --exclude=./out . | tar -x -C "$tree"
fi
echo "packages: building"
(cd "$tree" && DEB_BUILD_OPTIONS="${DEB_BUILD_OPTIONS:-nocheck noautodbgsym} parallel=$(nproc)" dpkg-buildpackage -b -us -uc) >"$folder/log" 2>&1 ||
    { tail -n 60 "$folder/log"; exit 1; }
mv "$place"/*.deb "$place"/*.changes "$place"/*.buildinfo "$folder"
echo "packages: lintian"
as_user=
[ "$(id -u)" -ne 0 ] || as_user=--allow-root
lintian $as_user --fail-on error,warning "$folder"/*.changes
echo "packages: in $folder"
