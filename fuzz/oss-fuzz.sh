#!/bin/bash -eu
# Builds the harnesses the way OSS-Fuzz and ClusterFuzzLite ask: with $CC, $CXX, $CFLAGS, $CXXFLAGS
# and $LIB_FUZZING_ENGINE, into $OUT, each with its seed corpus and dictionary. To be run in the
# project's directory; $WORK is for what is built on the way. What is needed: the packages of
# scripts/common.sh, of which the libraries are linked statically where they can be.
: "${OUT:?where the harnesses go}" "${LIB_FUZZING_ENGINE:=-fsanitize=fuzzer}" "${WORK:=$PWD/build/oss-fuzz}"
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

cmake -S "$source" -B "$WORK" -G Ninja -DCMAKE_BUILD_TYPE=None -DLODE_BENCH=OFF \
    -DLODE_LTO=OFF -DLODE_FUZZING_ENGINE="$LIB_FUZZING_ENGINE"
cmake --build "$WORK" --target lode_fuzzers gen_corpus
"$WORK/fuzz/gen_corpus" "$WORK/corpus"
mkdir -p "$OUT"
for harness in "$WORK"/fuzz/fuzz_*; do
    [[ -f $harness && -x $harness ]] || continue
    name=$(basename "$harness")
    cp "$harness" "$OUT/"
    seeds=("$WORK/corpus/${name#fuzz_}")
    [[ ! -d $source/fuzz/regress/${name#fuzz_} ]] || seeds+=("$source/fuzz/regress/${name#fuzz_}")
    rm -f "$OUT/${name}_seed_corpus.zip"
    python3 - "$OUT/${name}_seed_corpus.zip" "${seeds[@]}" <<'PY'
import pathlib
import sys
import zipfile

with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as out:
    for seeds in map(pathlib.Path, sys.argv[2:]):
        for seed in sorted(seeds.iterdir()):
            out.write(seed, seed.name)
PY
    [[ ! -f $source/fuzz/${name#fuzz_}.dict ]] ||
        cp "$source/fuzz/${name#fuzz_}.dict" "$OUT/$name.dict"
    printf '[libfuzzer]\nmax_len = 70000\ntimeout = 25\n' >"$OUT/$name.options"
done
