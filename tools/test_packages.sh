#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_packages.sh FOLDER: installs the Debian packages of FOLDER on a fresh machine, does what a new user does there
# (tools/use_packages.sh), and removes them.  The fresh machine is a minimal Debian 12 in a folder, made by mmdebstrap from
# the mirrors of this machine; it takes root, or user namespaces.
set -eu
cd "$(dirname "$0")/.."
[ $# -eq 1 ] && ls "$1"/*.deb >/dev/null || { echo "usage: test_packages.sh FOLDER, which build_packages.sh has filled" >&2; exit 2; }
folder=$(cd "$1" && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

apt-config dump --format '%f "%v";%n' Acquire | grep -v '^Acquire::\(Languages\|IndexTargets\|Changelogs\)' >"$place/apt.conf"
sources=/etc/apt/sources.list.d/debian.sources
[ -f $sources ] || sources=/etc/apt/sources.list
mkdir "$place/use"
cp "$folder"/*.deb README.md tools/use_packages.sh "$place/use"
chmod -R a+rX "$place"
echo "packages: on a fresh machine"
mmdebstrap --quiet --variant=minbase --include=gcc,g++,libc6-dev,pkg-config,man-db --aptopt="$place/apt.conf" \
    --dpkgopt='path-include=/usr/share/man/*' \
    --customize-hook="copy-in $place/use /" \
    --customize-hook='chroot "$1" sh /use/use_packages.sh' \
    --format=null bookworm /dev/null "$sources" 2>&1 | tee "$place/log"
grep -q '^used: all well$' "$place/log"
