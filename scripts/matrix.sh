#!/bin/bash
# The same code under every tool and for every machine that can be had.
#   matrix.sh [LEG...]
# LEGs, default all:
#   gcc clang     release builds, unit tests
#   debug         without optimisation, unit tests
#   hardened      fortified, with the flags of a distribution, unit tests
#   analyzer      gcc -fanalyzer          cppcheck      cppcheck
#   tidy          clang-tidy, with the checks of .clang-tidy
#   valgrind      a part of the unit tests
#   coverage      every branch of format/ is taken by a test, but those of tests/branches.tsv
#   abi           what liblode.so offers is what tests/consumers/lode.abi says (x86-64; ABI=write
#                 writes that file anew, for a version that changes it on purpose)
#   i386 s390x    cross-compiled, run here or by qemu: the parts of the format, the vectors, and an
#                 index that has the same bytes (s390x: big-endian)
# A leg that cannot be had fails. scripts/check.sh runs cppcheck.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"

jobs=$(nproc)
all=(gcc clang debug hardened analyzer cppcheck tidy valgrind coverage abi i386 s390x)

# build_leg LEG [cmake options]
build_leg() {
    local leg=$1
    shift
    quietly cmake -S . -B "build/matrix-$leg" -G Ninja -DLODE_BENCH=OFF -DLODE_WERROR=ON "$@"
    quietly cmake --build "build/matrix-$leg" -j "$jobs"
}

unit_tests() {
    ctest --test-dir "build/matrix-$1" -L unit -j "$jobs" --output-on-failure "${@:2}" | tail -n 4
}

leg_gcc() {
    build_leg gcc -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER=gcc
    unit_tests gcc
}

leg_clang() {
    build_leg clang -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER=clang -DLODE_LTO=OFF
    unit_tests clang
}

leg_debug() {
    build_leg debug -DCMAKE_BUILD_TYPE=Debug
    unit_tests debug
}

leg_hardened() {
    local flags='-O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -D_GLIBCXX_ASSERTIONS -fstack-clash-protection
        -fstack-protector-strong -fcf-protection=full -ftrivial-auto-var-init=pattern'
    build_leg hardened -DCMAKE_BUILD_TYPE=None -DLODE_LTO=OFF "-DCMAKE_C_FLAGS=${flags//$'\n'/ }" \
        '-DCMAKE_EXE_LINKER_FLAGS=-Wl,-z,relro,-z,now,-z,noexecstack'
    unit_tests hardened
}

# What it takes for leaks is stored by LODE_GROW's macros; for uninitialised, what a callee sets.
leg_analyzer() {
    local log=build/matrix-analyzer.log
    cmake -S . -B build/matrix-analyzer -G Ninja -DCMAKE_BUILD_TYPE=Debug -DLODE_TESTS=OFF -DLODE_BENCH=OFF \
        -DCMAKE_C_FLAGS='-O1 -fanalyzer -Wno-analyzer-malloc-leak -Wno-analyzer-null-dereference -Wno-analyzer-use-of-uninitialized-value' >"$log"
    cmake --build build/matrix-analyzer -j "$jobs" --clean-first >>"$log" 2>&1
    if grep -E 'warning:' "$log"; then return 1; fi
}

# uninitvar: it does not see that a callee sets what it is given by address.
leg_cppcheck() {
    need_packages cppcheck
    cppcheck --quiet --enable=warning,portability --std=c11 --inline-suppr --error-exitcode=1 \
        --suppress=uninitvar --suppress=ctuuninitvar -D__GNUC__=12 -I lib -I lib/include -I format \
        format lib tools
}

leg_tidy() {
    need_packages clang-tidy
    quietly cmake -S . -B build/matrix-tidy -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug \
        -DLODE_BENCH=OFF -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
    printf '%s\n' format/*.c lib/*.c tools/*.c |
        xargs -P "$jobs" -n 8 clang-tidy -p build/matrix-tidy --quiet --warnings-as-errors='*' \
            2>build/matrix-tidy.log
}

leg_coverage() {
    build_leg coverage -DCMAKE_BUILD_TYPE=Debug -DLODE_COVERAGE=ON
    find build/matrix-coverage -name '*.gcda' -delete
    ctest --test-dir build/matrix-coverage -L 'unit|fuzz' -E 'crowd|moving|filln|live' -j "$jobs" --output-on-failure | tail -n 4
    LODE=$root/build/matrix-coverage/tools/lode PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m pytest \
        -q -p no:cacheprovider tests/cli/test_{verify,sealed,stale}.py
    /usr/bin/python3 scripts/branches.py build/matrix-coverage tests/branches.tsv
}

# The public header's functions and types.
leg_abi() {
    local library=build/matrix-abi/lib/liblode.so baseline=tests/consumers/lode.abi
    need_packages abigail-tools
    build_leg abi -DCMAKE_BUILD_TYPE=RelWithDebInfo -DBUILD_SHARED_LIBS=ON -DLODE_TESTS=OFF -DLODE_TOOLS=OFF
    if [[ ${ABI:-} == write ]]; then
        abidw --short-locs --no-comp-dir-path --no-elf-needed --no-corpus-path --type-id-style hash \
            --drop-private-types --exported-interfaces-only --headers-dir "$root/lib/include" \
            "$library" >"$baseline"
    fi
    abidiff --headers-dir2 "$root/lib/include" "$baseline" "$library"
}

# Not those that handle SIGBUS, nor those that take an hour there.
leg_valgrind() {
    local name
    need_packages valgrind
    build_leg valgrind -DCMAKE_BUILD_TYPE=RelWithDebInfo -DLODE_LTO=OFF
    for name in bytes container nametable locate bgzf lines find fetch composition tracks nomem nomemsets memberset vectors; do
        valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite \
            "build/matrix-valgrind/tests/unit/test_$name" >build/matrix-valgrind.log 2>&1 ||
            { tail -n 40 build/matrix-valgrind.log && say "$name" && return 1; }
    done
}

# Libraries of another machine, unpacked beside the build and not installed: packages of two machines
# would have to be of one version.
sysroot() { # ARCH DIRECTORY
    local package packages=(libxxhash-dev libxxhash0 zlib1g-dev zlib1g libzstd-dev libzstd1 libcmocka-dev
        libcmocka0 libssl-dev libssl3 libjansson-dev libjansson4 libdeflate-dev libdeflate0)
    dpkg --add-architecture "$1"
    apt-get update -qq || say "not all lists of packages could be had"
    mkdir -p "$2/debs"
    for package in "${packages[@]}"; do
        (cd "$2/debs" && apt-get download -qq "$package:$1")
    done
    for package in "$2"/debs/*.deb; do dpkg -x "$package" "$2"; done
}

# cross ARCH TRIPLET COMPILER FLAGS [runner...]
cross() {
    local arch=$1 triplet=$2 compiler=$3 flags=$4 dir=$root/build/matrix-$1 there=$root/build/sysroot-$1
    shift 4
    [[ -d $there/usr/include ]] || sysroot "$arch" "$there"
    flags+=" -isystem $there/usr/include -isystem $there/usr/include/$triplet -L$there/usr/lib/$triplet"
    export PKG_CONFIG_LIBDIR=$there/usr/lib/$triplet/pkgconfig:$there/usr/share/pkgconfig
    export PKG_CONFIG_SYSROOT_DIR=$there
    build_leg "$arch" -DCMAKE_BUILD_TYPE=Release -DLODE_LTO=OFF -DLODE_ISAL=OFF -DLODE_WERROR=OFF \
        "-DCMAKE_C_COMPILER=$compiler" "-DCMAKE_C_FLAGS=$flags" -DCMAKE_SYSTEM_NAME=Linux \
        "-DCMAKE_SYSTEM_PROCESSOR=$arch" "-DZLIB_INCLUDE_DIR=$there/usr/include" \
        "-DZLIB_LIBRARY=$there/usr/lib/$triplet/libz.a" \
        "-DCMAKE_EXE_LINKER_FLAGS=-Wl,-rpath-link,$there/usr/lib/$triplet -Wl,-rpath,$there/usr/lib/$triplet" \
        "-DCMAKE_CROSSCOMPILING_EMULATOR=$(IFS=';'; echo "$*")"
    unit_tests "$arch" -R '^(bytes|layout|container|memberset|nametable|locate|bgzf|lines|find|fetch|packed|vectors|flips|tracks|restart|storeharm|setharm|storesetharm)$'
    same_bytes "$dir/tools/lode" "$@"
}

# The index that a machine writes is that of this one.
same_bytes() {
    local lode=$1 dir
    shift
    dir=$(mktemp -d)
    [[ -x build/release/tools/lode ]] || (unset PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR
        quietly cmake --preset release && quietly cmake --build build/release)
    cp tests/sealed/0.2/*.fa tests/sealed/0.2/*.fa.gz "$dir"
    build/release/tools/lode index -q --duplicates first --digest --pack "$dir" -o "$dir/here.lode"
    "$@" "$lode" index -q --duplicates first --digest --pack "$dir" -o "$dir/there.lode"
    cmp "$dir/here.lode" "$dir/there.lode" && say "the same bytes: $(stat -c %s "$dir/here.lode")"
    build/release/tools/lode rec import -q "$dir/here.rec" tests/sealed/0.2 --codec zstd
    "$@" "$lode" rec import -q "$dir/there.rec" tests/sealed/0.2 --codec zstd
    cmp "$dir/here.rec" "$dir/there.rec" && say "and of records: $(stat -c %s "$dir/here.rec")"
    rm -rf "$dir"
}

leg_i386() {
    need_packages gcc-i686-linux-gnu libc6-dev-i386-cross
    # run by this processor: under qemu-i386 7.2 programs that start threads do not come to an end
    cross i386 i386-linux-gnu i686-linux-gnu-gcc -msse2 /usr/i686-linux-gnu/lib/ld-linux.so.2 \
        --library-path "/usr/i686-linux-gnu/lib:$root/build/sysroot-i386/usr/lib/i386-linux-gnu"
}

leg_s390x() {
    need_packages gcc-s390x-linux-gnu libc6-dev-s390x-cross qemu-user-static
    cross s390x s390x-linux-gnu s390x-linux-gnu-gcc '' qemu-s390x-static -L /usr/s390x-linux-gnu
}

need_packages "${build_packages[@]}" "${test_packages[@]}"
legs=("$@")
(($# > 0)) || legs=("${all[@]}")
failed=()
for leg in "${legs[@]}"; do
    declare -F "leg_$leg" >/dev/null || die "no leg '$leg': ${all[*]}"
    step "$leg"
    set +e
    (set -euo pipefail; "leg_$leg")
    status=$?
    set -e
    if ((status != 0)); then failed+=("$leg"); else say "$leg: ok"; fi
done
((${#failed[@]} == 0)) || die "failed: ${failed[*]}"
say "matrix passed: ${legs[*]}"
