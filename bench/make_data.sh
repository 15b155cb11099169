#!/bin/sh
# Writes the benchmarks' data, once: make_data.sh BIN_DIR GEN_DIR DIR tiny|quick|full [FASTA[.gz]]
# BIN_DIR holds lode, GEN_DIR lode-gen and lode-twobit.
#   many.fa.gz       short contigs
#   up.fa.gz up.fa   upper case          up.2bit
#   sm.fa.gz         the same letters, soft-masked
#   small.fa.gz restart.fa.gz            sm.fa.gz in other layouts, where lode offers them
#   big.fa.gz        soft-masked, as large as a human genome at full scale
#   big.2bit         the same
# With FASTA, the texts are that genome, repeated under other names; one base in 1,000 of each copy
# is another, so that no two blocks are alike.
set -eu
lode=$1/lode gen=$2/lode-gen twobit=$2/lode-twobit dir=$3 scale=$4 fasta=${5:-}
case $scale in
tiny) many=2000 bases=2000000 big=3000000 ;;
quick) many=1000000 bases=60000000 big=120000000 ;;
full) many=1000000 bases=1000000000 big=3000000000 ;;
*) echo "make_data.sh: unknown scale $scale" >&2; exit 2 ;;
esac

mkdir -p "$dir"
stamp="$scale 3 $fasta"
pack() { # TEXT -> TEXT.gz
    "$lode" compress -q "$dir/$1" -o "$dir/$1.gz"
}

# A text: text NAME BASES up|sm
text() {
    if [ -n "$fasta" ]; then
        case $3 in
        up) mask='' ;;
        sm) mask=$fasta_mask ;;
        esac
        "$gen" --repeat "$dir/input.fa" --mutate 1000 --seed 7 --bases "$2" $mask -o "$dir/$1.fa"
    else
        case $3 in
        up) mask='' ;;
        sm) mask=--soft-mask ;;
        esac
        # contigs and gaps are as many as a human genome has for its bases
        "$gen" --dna --bases "$2" --contigs $(($2 / 130000000 + 2)) --n-runs $(($2 / 10000000 + 2)) \
            --seed 7 $mask -o "$dir/$1.fa"
    fi
}

write_all() {
    "$gen" --contigs "$many" --bases "$((many * 100))" --prefix ctg --seed 3 -o "$dir/many.fa"
    pack many.fa
    rm "$dir/many.fa"
    if [ -n "$fasta" ]; then
        gzip -dcf -- "$fasta" > "$dir/input.fa"
        # A mask of its own is kept; a genome without one gets a generated one.
        fasta_mask=--soft-mask
        if grep -v '^>' "$dir/input.fa" | head -c 50000000 | grep -q '[acgt]'; then
            fasta_mask=--keep-case
        fi
    fi
    text up "$bases" up
    pack up.fa
    "$twobit" "$dir/up.fa" "$dir/up.2bit"
    text sm "$bases" sm
    pack sm.fa
    rm "$dir/sm.fa"
    text big "$big" sm
    pack big.fa
    "$twobit" "$dir/big.fa" "$dir/big.2bit"
    rm -f "$dir/big.fa" "$dir/input.fa"
}

if [ ! -f "$dir/stamp" ] || [ "$(cat "$dir/stamp")" != "$stamp" ]; then
    for name in many up sm small restart big; do
        rm -f "$dir/$name".*
    done
    write_all
    printf '%s' "$stamp" > "$dir/stamp"
fi

# These come with a lode that has them, whenever that is.
for layout in small restart; do
    if [ ! -f "$dir/$layout.fa.gz" ] && "$lode" compress --help | grep -q -e --layout; then
        "$lode" compress -q --layout "$layout" "$dir/sm.fa.gz" -o "$dir/$layout.fa.gz"
    fi
done
