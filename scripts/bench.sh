#!/bin/bash
# lode and its peers side by side: builds, makes data, measures, prints.
#   bench.sh [FASTA.gz] [--json FILE] [--quick] [--cpu-clock]
# With FASTA.gz the texts are that genome, repeated with small differences to 1 Gb (--quick: 60 Mb),
# and to 3 Gb (120 Mb) for packed reads; else generated ones. Peers: the newest
# htslib that can be had (the sources in pysam's source package, with libdeflate; else Debian's
# libhts-dev), and lib2bit (in py2bit's; else its rows are skipped). Data and peers stay in build/,
# 9 GB of them. --cpu-clock is for busy machines: rows of one thread count the time that it ran.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

scale=full fasta='' json=() more=()
while (($# > 0)); do
    case $1 in
    --quick) scale=quick ;;
    --cpu-clock) more=(--cpu-clock) ;;
    --json) json=(--json "${2:?--json needs a file}") && shift ;;
    -h | --help) sed -n '2,9s/^# *//p' "${BASH_SOURCE[0]}" && exit 0 ;;
    -*) die "unknown option $1" ;;
    *) [[ -r $1 ]] || die "$1: cannot read it"
       fasta=$(realpath "$1") ;;
    esac
    shift
done

venv=$root/build/bench-venv
build=$root/build/bench
data=$root/build/bench-data/$scale${fasta:+-$(basename "$fasta")}

make_venv() {
    [[ -x $venv/bin/pip ]] || python3 -m venv "$venv" &&
        "$venv/bin/pip" install -q cython setuptools wheel
}

# A package's sources into $venv/src: fetch_sources PACKAGE
fetch_sources() {
    rm -rf "$venv"/src/"$1"-*
    make_venv &&
        "$venv/bin/pip" download -q --no-deps --no-binary "$1" --no-build-isolation \
            -d "$venv/src" "$1" &&
        tar xzf "$venv"/src/"$1"-*.tar.gz -C "$venv/src"
}

# What these print is of no interest unless they fail.
get_htslib() {
    fetch_sources pysam &&
        rm -rf "$venv/htslib" && mv "$venv"/src/pysam-*/htslib "$venv/htslib" &&
        cd "$venv/htslib" &&
        ./configure --with-libdeflate --disable-libcurl --disable-s3 --disable-gcs --disable-bz2 \
            --disable-lzma --disable-plugins CFLAGS='-O3 -fPIC' &&
        make -j "$(nproc)" lib-static &&
        write_pc htslib "$(sh version.sh)" "$PWD" '-lhts -ldeflate -lz -lm -lpthread'
}

get_lib2bit() {
    fetch_sources py2bit &&
        rm -rf "$venv/lib2bit" && mv "$venv"/src/py2bit-*/lib2bit "$venv/lib2bit" &&
        cd "$venv/lib2bit" &&
        gcc -O3 -fPIC -c 2bit.c -o 2bit.o && ar rcs lib2bit.a 2bit.o &&
        write_pc lib2bit "$(package_version py2bit)" "$PWD" '-l2bit -lm'
}

package_version() {
    local path
    path=$(echo "$venv"/src/"$1"-*.tar.gz)
    path=${path##*/"$1"-}
    echo "${path%.tar.gz}"
}

write_pc() { # NAME VERSION DIR LIBS
    mkdir -p "$venv/pkgconfig"
    cat >"$venv/pkgconfig/$1.pc" <<EOF2
Name: $1
Description: $1 for the benchmarks
Version: $2
Cflags: -I$3
Libs: -L$3 $4
EOF2
}

find_htslib() {
    if [[ ! -f $venv/pkgconfig/htslib.pc ]]; then
        say "Getting the newest htslib..."
        if ! (quietly get_htslib); then
            say "The newest htslib cannot be had: using Debian's"
            need_packages libhts-dev
        fi
    fi
}

find_lib2bit() {
    if [[ ! -f $venv/pkgconfig/lib2bit.pc ]]; then
        say "Getting lib2bit..."
        (quietly get_lib2bit) || say "lib2bit cannot be had: its rows are SKIPPED"
    fi
}

peer() {
    say "Peer: $1 $(pkg-config --modversion "$1") from $(pkg-config --variable=pcfiledir "$1")"
}

need_packages "${build_packages[@]}" make python3-venv liblmdb-dev
find_htslib
find_lib2bit
export PKG_CONFIG_PATH=$venv/pkgconfig
peer htslib
! pkg-config --exists lib2bit || peer lib2bit
(
    cd "$root"
    rm -rf "$build/CMakeCache.txt"
    quietly cmake --preset release -B "$build" -DLODE_TESTS=OFF -DLODE_BENCH=ON
    quietly cmake --build "$build"
) || die "the build failed"
say "Data: $data"
"$root/bench/make_data.sh" "$build/tools" "$build/bench" "$data" "$scale" "$fasta"
"$build/bench/bench_lode" --scale "$scale" --data "$data" "${json[@]}" "${more[@]}"
