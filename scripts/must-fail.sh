#!/usr/bin/env bash
# The demo must be able to fail: with callers who meet nobody it exits 1 and names them.
set -uo pipefail
output=$(npm start --silent -- --once --fault black-hole 2>&1)
status=$?
if [ "$status" -ne 1 ]; then
  printf '%s\n' "$output" | tail -40
  echo "expected exit 1, got $status"
  exit 1
fi
printf '%s\n' "$output" | grep -q 'met nobody' || { echo 'the callers who met nobody are not named'; exit 1; }
