#!/bin/sh
# Installs what the tests of the Emacs set-up run against, as Debian and Ubuntu package it: Emacs without windows,
# and eglot. It does nothing where both are there, and nothing but say so where packages can't be installed.
set -eu

has_eglot() {
    command -v emacs >/dev/null && emacs --batch --eval "(require 'eglot)" >/dev/null 2>&1
}

has_eglot && exit 0
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    echo "Emacs with eglot is not here, and installing it takes apt-get and root: its tests will be skipped."
    exit 0
fi
echo "Installing Emacs and eglot ..."
export DEBIAN_FRONTEND=noninteractive
packages=emacs-nox
apt-cache show elpa-eglot >/dev/null 2>&1 || apt-get update -qq
# From Emacs 29 on eglot is part of it.
if apt-cache show elpa-eglot >/dev/null 2>&1; then packages="$packages elpa-eglot"; fi
# shellcheck disable=SC2086 # two words
apt-get install -y -qq --no-install-recommends $packages >/dev/null || {
    echo "Emacs could not be installed: its tests will be skipped."
    exit 0
}
