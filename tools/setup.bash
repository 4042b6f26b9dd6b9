# What quickstart and runtests share; sourced by them, from the top directory.

# shellcheck disable=SC2034 # for those two
build_packages=(gcc libc6-dev make autoconf automake libtool pkg-config libatomic-ops-dev libedit-dev)

say() {
    printf '\n== %s\n' "$*"
}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

installed() {
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# Installs those of the Debian packages that are missing, saying which.
need_packages() {
    local package log missing=() as_root=()
    if ! command -v dpkg-query >/dev/null; then
        echo "This is no Debian; assuming that there is what these packages hold: $*"
        return
    fi
    for package; do
        installed "$package" || missing+=("$package")
    done
    if [[ ${#missing[@]} -eq 0 ]]; then
        return
    fi
    say "installing the missing Debian packages: ${missing[*]}"
    if [[ $(id -u) -ne 0 ]]; then
        command -v sudo >/dev/null || die "not root, and no sudo here: please install them"
        as_root=(sudo)
    fi
    log=$(mktemp)
    run_logged "$log" "${as_root[@]}" apt-get update || true # what it has may do
    run_logged "$log" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends "${missing[@]}" ||
        die "could not install the packages"
    rm -f "$log"
}

# run_logged FILE COMMAND...: its output goes into the file, and to the terminal if it fails.
run_logged() {
    local log=$1
    shift
    "$@" >"$log" 2>&1 </dev/null && return
    tail -n 40 "$log"
    echo "failed: $* (all of its output: $log)"
    return 1
}

# build DIRECTORY CONFIGURE-OPTION...: brings the build there up to date.
build() {
    local directory=$1 top=$PWD
    shift
    say "building in $directory"
    mkdir -p "$directory"
    if [[ ! -x configure || configure -ot configure.ac ]]; then
        run_logged "$directory/bootstrap.log" ./bootstrap || return
    fi
    if [[ ! -f $directory/Makefile ]]; then
        (cd "$directory" && run_logged configure.log "$top/configure" --quiet "$@") || return
    fi
    run_logged "$directory/make.log" make -C "$directory" -j"$(nproc)"
}
