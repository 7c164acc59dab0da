#!/bin/sh
# Prints the Python to make an environment with, or says in one line what is missing: $PYTHON if it is set, otherwise python3,
# otherwise the newest python3.X on PATH that the tests' own packages exist for.

# It must run on any Python, or it could not tell an old one.
probe='
import sys
state = "good" if sys.version_info >= (3, 11) else "old"
if state == "good":
    try:
        import ensurepip, venv
    except ImportError:
        state = "bare"
print("%s %d.%d %s" % (state, sys.version_info[0], sys.version_info[1], sys.executable))
'

needs='Valetkey needs Python 3.11 or newer'
hint="install Debian's python3.11-venv, or set PYTHON=…"

if [ -n "$PYTHON" ]; then
    candidates=$PYTHON
    missing="$needs; PYTHON=$PYTHON is none"
else
    candidates='python3 python3.14 python3.13 python3.12 python3.11'
    missing="$needs; found none: $hint"
fi

for candidate in $candidates; do
    found=$("$candidate" -c "$probe" 2>/dev/null </dev/null) || continue
    state=${found%% *} found=${found#* }
    version=${found%% *} path=${found#* }
    case $state in
        good) echo "$path"; exit 0 ;;
        bare) missing="Python $version at $path has no venv module: install Debian's python$version-venv (or python3-venv), or set PYTHON=…" bare=1 ;;
        old) [ -n "$bare$old" ] || missing="$needs; found $version at $path: $hint" old=1 ;;
    esac
done

echo "$missing" >&2
exit 1
