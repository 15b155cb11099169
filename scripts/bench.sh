#!/bin/bash
# lode and its peers side by side: builds, makes data, measures, prints.
#   bench.sh [FASTA.gz] [--json FILE] [--quick]
# With FASTA.gz the texts are that genome, repeated to 200 Mb; else generated ones. The peer is the
# newest htslib that can be had: the sources in pysam's source package (with libdeflate), else
# Debian's libhts-dev. Data and the peer stay in build/.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

scale=full fasta='' json=()
while (($# > 0)); do
    case $1 in
    --quick) scale=quick ;;
    --json) json=(--json "${2:?--json needs a file}") && shift ;;
    -h | --help) sed -n '2,6s/^# *//p' "${BASH_SOURCE[0]}" && exit 0 ;;
    -*) die "unknown option $1" ;;
    *) [[ -r $1 ]] || die "$1: cannot read it"
       fasta=$(realpath "$1") ;;
    esac
    shift
done

venv=$root/build/bench-venv
build=$root/build/bench
data=$root/build/bench-data/$scale${fasta:+-$(basename "$fasta")}

# pysam's source package holds htslib's sources; what it prints is of no interest unless it fails.
fetch_htslib() {
    python3 -m venv "$venv" && "$venv/bin/pip" install -q cython setuptools wheel &&
        "$venv/bin/pip" download -q --no-deps --no-binary pysam --no-build-isolation \
            -d "$venv/src" pysam &&
        tar xzf "$venv"/src/pysam-*.tar.gz -C "$venv/src" --wildcards 'pysam-*/htslib' &&
        rm -rf "$venv/htslib" && mv "$venv"/src/pysam-*/htslib "$venv/htslib"
}

build_htslib() {
    cd "$venv/htslib" &&
        ./configure --with-libdeflate --disable-libcurl --disable-s3 --disable-gcs --disable-bz2 \
            --disable-lzma --disable-plugins CFLAGS='-O3 -fPIC' &&
        make -j "$(nproc)" lib-static
}

write_pc() {
    mkdir -p "$venv/pkgconfig"
    cat >"$venv/pkgconfig/htslib.pc" <<EOF
Name: htslib
Description: htslib for the benchmarks
Version: $(sh "$venv/htslib/version.sh")
Cflags: -I$venv/htslib
Libs: -L$venv/htslib -lhts -ldeflate -lz -lm -lpthread
EOF
}

find_htslib() {
    if [[ ! -f $venv/pkgconfig/htslib.pc ]]; then
        say "Getting the newest htslib..."
        if ! { quietly fetch_htslib && (quietly build_htslib) && write_pc; }; then
            rm -rf "$venv"
            say "The newest htslib cannot be had: using Debian's"
            need_packages libhts-dev
            return
        fi
    fi
    export PKG_CONFIG_PATH=$venv/pkgconfig
}

need_packages "${build_packages[@]}" make python3-venv
find_htslib
say "Peer: htslib $(pkg-config --modversion htslib) from $(pkg-config --variable=pcfiledir htslib)"
(
    cd "$root"
    rm -rf "$build/CMakeCache.txt"
    quietly cmake --preset release -B "$build" -DLODE_TESTS=OFF -DLODE_BENCH=ON
    quietly cmake --build "$build"
) || die "the build failed"
say "Data: $data"
"$root/bench/make_data.sh" "$build/tools/lode" "$build/bench/lode-gen" "$data" "$scale" "$fasta"
"$build/bench/bench_lode" --scale "$scale" --data "$data" "${json[@]}"
