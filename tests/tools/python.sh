# shellcheck shell=bash
# Finds a Python; to be sourced.

# Prints the first Python of these minor versions that can make a virtual environment: from PATH, else from pyenv.
find_python() {
    local minor candidate
    for minor in "$@"; do
        while read -r candidate; do
            # A name on PATH may be a pyenv shim without a Python behind it, and a distribution's Python may come without venv.
            if "$candidate" -c "import sys, ensurepip, venv; sys.exit(sys.version_info[:2] != (3, $minor))" 2>/dev/null; then
                echo "$candidate"
                return
            fi
        done < <(
            type -aP "python3.$minor" || true
            printf '%s\n' "${PYENV_ROOT:-$HOME/.pyenv}/versions/3.$minor".*/bin/python | sort -rV
            type -aP python3 || true
        )
    done
    return 1
}
