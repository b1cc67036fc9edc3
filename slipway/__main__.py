"""Runs the command line: `python -m slipway`, the same as `slipway`."""

from slipway.cli.main import main

main()
