#!/usr/bin/env bash
# Formats every Swift file by .swift-format.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
find Package.swift Shared Services gateway Tests -name '*.swift' -print0 2>/dev/null \
    | xargs -0 -r swift format --in-place --parallel
