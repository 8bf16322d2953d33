#!/bin/sh
# Runs everything on this machine's card, without installing anything: see README.txt.
cd "$(dirname "$0")" && exec ./node tools/gpu/run.mjs "$@"
