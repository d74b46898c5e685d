#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# with_pytorch.sh FILE.py|PROGRAM [ARGS]: runs it with an interpreter that has PyTorch (PYTHON, for a program). Exit
# status 77, which ctest takes for a skipped test, where there is none.
for PYTHON in python3 /usr/bin/python3; do
  if command -v $PYTHON >/dev/null && $PYTHON -c 'import torch, numpy' 2>/dev/null; then
    export PYTHON PYTHONDONTWRITEBYTECODE=1
    case $1 in *.py) exec $PYTHON "$@" ;; esac
    exec "$@"
  fi
done
echo "skipped: no Python with PyTorch here (Debian: python3-torch)"
exit 77
