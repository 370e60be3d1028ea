# What compose/quickstart and Tests/run both need before they can build; to be sourced.

# SwiftPM builds everything anew whenever a flag changes. So what tests need beyond these flags (see `testing` in Package.swift) is
# built in a folder of its own, by Tests/run.
build_flags=(-c release)

# Debian packages without which the programs do not build.
build_packages=(libnghttp2-dev libprotobuf-c-dev libopenblas-dev libsqlite3-dev pkg-config)

swift_needed=6.3

die() {
    printf '\n%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# Installs the Debian packages named that are not there yet; says which, and how, when it may not.
require_packages() {
    command -v dpkg-query apt-get >/dev/null \
        || die "this is no Debian. Install what is known there as: $*; then take the steps of the README by hand."
    local package missing=()
    for package; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
    done
    ((${#missing[@]})) || return 0

    local as_root=()
    if ((EUID)); then
        # Without a terminal nobody can type a password.
        if command -v sudo >/dev/null && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
            as_root=(sudo)
        else
            die "these Debian packages are missing, and installing them takes root: ${missing[*]}
As root:  apt-get update && apt-get install -y ${missing[*]}"
        fi
    fi
    echo "Installing ${missing[*]}"
    local log
    log=$(mktemp)
    if ! { "${as_root[@]}" apt-get update -q \
        && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        rm -f "$log"
        die "apt could not install ${missing[*]}; is the network up? Its last lines are above."
    fi
    rm -f "$log"
}

# Fails unless a new enough Swift is there.
require_swift() {
    command -v swift >/dev/null \
        || die "there is no swift on the PATH. Install Swift $swift_needed or newer: https://www.swift.org/install/linux/"
    local said found
    said=$(swift --version 2>&1) || die "swift --version fails: $said"
    found=$(sed -nE 's/.*Swift version ([0-9]+\.[0-9]+(\.[0-9]+)?).*/\1/p' <<<"$said" | head -n 1)
    [[ -n $found ]] || die "cannot tell the version of $(command -v swift), which says: $said"
    [[ $(printf '%s\n' "$swift_needed" "$found" | sort -V | head -n 1) == "$swift_needed" ]] \
        || die "$(command -v swift) is Swift $found; this needs $swift_needed or newer: https://www.swift.org/install/linux/"
}
