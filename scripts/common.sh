# Sourced by the scripts beside it: where the project is, and how what is missing gets installed.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin # where apt-get's own helpers are
export LC_ALL=C

# What building needs, and what the tests need besides.
build_packages=(gcc libc6-dev cmake ninja-build pkg-config zlib1g-dev libxxhash-dev libzstd-dev
    libisal-dev libdeflate-dev libjansson-dev libssl-dev libarchive-dev)
test_packages=(clang clang-format libclang-rt-14-dev libcmocka-dev libsimde-dev samtools tabix bedtools libhts-dev
    binutils dpkg-dev file g++ git man-db mandoc zsh fish python3-pytest python3-hypothesis python3-biopython
    python3-dev python3-venv strace liblmdb-dev zstd flatbuffers-compiler libflatbuffers-dev)

say() { printf '%s\n' "$*"; }
step() { printf '\n== %s\n' "$*"; }

die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

is_installed() {
    [[ $(dpkg-query -W -f '${Status}' "$1" 2>/dev/null) == 'install ok installed' ]]
}

# Runs a command whose output matters only when it fails.
quietly() {
    local log status=0
    log=$(mktemp)
    "$@" >"$log" 2>&1 </dev/null || status=$?
    if ((status != 0)); then
        tail -n 40 "$log" >&2
    fi
    rm -f "$log"
    return "$status"
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    else
        sudo "$@"
    fi
}

# Installs the Debian packages that are missing, and says which.
need_packages() {
    local missing=() package
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "This is not Debian or its kin: make sure that you have what these packages hold:"
        say "  $*"
        return
    fi
    for package; do
        is_installed "$package" || missing+=("$package")
    done
    if ((${#missing[@]} == 0)); then
        return
    fi
    say "Installing with apt-get: ${missing[*]}"
    if ((EUID != 0)) && ! command -v sudo >/dev/null; then
        die "needs root: run 'apt-get install ${missing[*]}' as root, then run this again"
    fi
    local get=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300)
    quietly as_root "${get[@]}" update || say "apt-get update failed; trying with the lists at hand"
    quietly as_root "${get[@]}" install --no-install-recommends "${missing[@]}" ||
        die "apt-get could not install: ${missing[*]}"
}
