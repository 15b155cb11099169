#!/bin/bash
# run.sh find_package|pkg_config|add_subdirectory|bare_cc|deb BUILD [CC]: uses lode as another
# project would. BUILD is a finished build directory; all that is written stands in
# BUILD/consumers/NAME. Exit status 77: skipped.
set -euo pipefail
export LC_ALL=C
name=$1 build=$(cd "$2" && pwd -P) cc=${3:-cc}
here=$(cd "$(dirname "$0")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
work=$build/consumers/$name
lode=$build/tools/lode
rm -rf "$work"
mkdir -p "$work"
cd "$work"

die() {
    printf '%s: %s\n' "$name" "$*" >&2
    exit 1
}

# Commands that a test cannot do without.
need() { # COMMAND DEBIAN-PACKAGE
    if ! command -v "$1" >/dev/null; then
        printf 'SKIPPED: %s needs %s (Debian: %s)\n' "$name" "$1" "$2"
        exit 77
    fi
}

# README's C program, and an index for it.
sed -n '/^```c$/,/^```$/p' "$root/README.md" | sed '/^```/d' >example.c
[[ -s example.c ]] || die "README.md has no C example"
for ((i = 0; i < 300; i++)); do bases+=ACGTN; done
printf '>other\nAC\n>chr2\n%s\n' "$bases" >x.fa
"$lode" compress -q x.fa -o toy.fa.gz
"$lode" index -q toy.fa.gz
printf '>other\nAC\n' >other.fa
"$lode" index -q other.fa

answers() { # PROGRAM
    local got
    cp toy.fa.gz.lode kept.lode
    got=$("$1") || die "$1 failed"
    [[ $got == "${bases:1000:60}" ]] || die "$1 printed '$got'"
    cp other.fa.lode toy.fa.gz.lode
    if got=$("$1") || [[ $got != *chr2* ]]; then
        die "$1 found a contig that is not there: '$got'"
    fi
    mv kept.lode toy.fa.gz.lode
}

links() { # shared|static PROGRAM: whether it needs liblode.so
    local needs=static
    if readelf -d "$2" | grep 'NEEDED.*\[liblode\.so\.[0-9]*\]' >/dev/null; then
        needs=shared
    fi
    [[ $needs == "$1" ]] || die "$2 is linked $needs"
}

# An installed tree, moved after it was installed: nothing in it may know where it was.
prefix=$work/moved
install_lode() {
    cmake --install "$build" --prefix "$work/installed" >install.log
    mv installed moved
    if grep -rIlF -e "$work/installed" -e "$root" moved | grep .; then
        die "these name a directory of the build"
    fi
}

cmake_project() { # further cmake options
    need cmake cmake
    cmake -G "$generator" -S "$here/$name" -B out -DCMAKE_C_COMPILER="$cc" \
        -DCMAKE_BUILD_TYPE=Release -DEXAMPLE="$work/example.c" "$@"
    cmake --build out
    links shared out/example
    links static out/example_static
    answers out/example
    answers out/example_static
}
generator=$(sed -n 's/^CMAKE_GENERATOR:INTERNAL=//p' "$build/CMakeCache.txt")

find_package() {
    install_lode
    cmake_project -DCMAKE_PREFIX_PATH="$prefix"
}

pkg_config() {
    need pkg-config pkg-config
    install_lode
    PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name lode.pc)")
    export PKG_CONFIG_PATH
    pkg-config --exact-version="$("$lode" --version | sed -n '1s/lode //p')" lode
    local flags libdir
    libdir=$(pkg-config --variable=libdir lode)
    read -ra flags <<<"$(pkg-config --cflags --libs lode)"
    "$cc" example.c "${flags[@]}" -Wl,-rpath,"$libdir" -o example
    links shared example
    answers ./example
    # Where liblode.a stands alone, the linker takes it.
    mkdir alone
    cp "$libdir/liblode.a" alone
    read -ra flags <<<"$(pkg-config --static --cflags --libs lode)"
    "$cc" example.c -Lalone "${flags[@]}" -o example_static
    links static example_static
    answers ./example_static
}

add_subdirectory() {
    cmake_project -DLODE_SOURCE="$root"
}

# No build system, no optional library: the sources hide no step.
bare_cc() {
    local libs=(-lz -lzstd -lpthread)
    if grep -ql '<openssl/' "$root"/lib/*.c; then
        libs+=(-lcrypto)
    fi
    local flags=(-std=c11 -O1 -D_GNU_SOURCE -I"$root/lib/include" -I"$root/lib" -I"$root/format")
    "$cc" "${flags[@]}" example.c "$root"/lib/*.c "$root"/format/*.c "${libs[@]}" -o example
    answers ./example
    cat >features.c <<'C'
#include <lode.h>
#include <stdio.h>
int main(void) { return puts(lode_features()) < 0; }
C
    "$cc" "${flags[@]}" features.c "$root/lib/status.c" -o features
    local features
    features=$(./features)
    [[ $features =~ ^inflate=zlib-[0-9.]+\ deflate=zlib-[0-9.]+\ hash=xxhash-[0-9.]+ ]] ||
        die "features are $features"
}

field() { # PACKAGE FIELD
    dpkg-deb -f "$1" "$2"
}

deb() {
    need dpkg-deb dpkg
    need dpkg-shlibdeps dpkg-dev
    need file file
    cpack --config "$build/CPackConfig.cmake" -B "$work/packages" >cpack.log ||
        { cat cpack.log; exit 1; }
    local version runtime devel path
    version=$("$lode" --version | sed -n '1s/lode //p')
    runtime=$(echo packages/lode_"${version}"_*.deb)
    devel=$(echo packages/liblode-dev_"${version}"_*.deb)
    [[ -f $runtime && -f $devel ]] || die "cpack made $(ls packages)"

    [[ $(field "$runtime" Depends) =~ libc6.*zlib1g ]] ||
        die "lode depends on $(field "$runtime" Depends)"
    [[ $(field "$devel" Depends) == "lode (= $version), "*zlib1g-dev* ]] ||
        die "liblode-dev depends on $(field "$devel" Depends)"
    [[ $(field "$runtime" Maintainer) == "The lode authors" ]] || die "lode has another maintainer"
    dpkg-deb --ctrl-tarfile "$runtime" | tar -t | grep shlibs >/dev/null || die "no shlibs file"
    if dpkg-deb -c "$devel" | awk '{ print $6 }' | grep -E '^\./usr/(bin/|.*\.so\.)'; then
        die "these belong to the other package"
    fi

    dpkg-deb -x "$runtime" root
    [[ ! -e root/usr/include ]] || die "lode holds headers"
    [[ $(LD_LIBRARY_PATH=root/usr/lib root/usr/bin/lode --version) == "lode $version"* ]] ||
        die "the unpacked command does not say its version"
    root/usr/bin/lode verify -q --full toy.fa.gz
    dpkg-deb -x "$devel" root
    for path in include/lode.h lib/liblode.so lib/liblode.so.0 lib/liblode.a lib/pkgconfig/lode.pc \
        lib/cmake/lode/lodeConfig.cmake lib/cmake/lode/lodeConfigVersion.cmake \
        share/doc/lode/copyright share/doc/liblode-dev/copyright; do
        [[ -s root/usr/$path ]] || die "the packages hold no usr/$path"
    done
    "$cc" -Iroot/usr/include example.c -Lroot/usr/lib -llode -o example
    links shared example
    LD_LIBRARY_PATH=root/usr/lib answers ./example
    mkdir tar
    tar -xzf packages/*.tar.gz -C tar --strip-components=1
    tar/bin/lode --version
    diff -r --no-dereference root/usr/lib tar/lib || die "the .tar.gz differs from the packages"
}

case $name in
find_package | pkg_config | add_subdirectory | bare_cc | deb) "$name" ;;
*) die "no such consumer" ;;
esac
printf '%s: ok\n' "$name"
