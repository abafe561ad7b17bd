#!/bin/sh
# Real documents in many formats, from Debian's packages: manuals as HTML, text, PDF and EPUB, and
# manual pages.
#
#     sh corpora/debian.sh FOLDER
#
# fetches what is not in FOLDER/packages yet with apt-get, and unpacks it all into FOLDER. Nothing
# is installed. FOLDER/usr/share/doc/PACKAGE/copyright is the licence of each.
set -eu

folder=${1:?"no folder given, expected one to unpack into: sh corpora/debian.sh ~/corpora/debian"}
mkdir -p "$folder/packages"
cd "$folder/packages"
for package in debian-reference-common debian-reference-en debian-policy developers-reference \
    python3.11-doc git-doc git-man manpages manpages-dev; do
    ls "$package"_*.deb >/dev/null 2>&1 || apt-get download "$package"
    dpkg -x "$package"_*.deb ..
done
