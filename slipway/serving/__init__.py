"""The server that both backends run. It imports relatively, since its image has it under another name."""

import os

# ONNX Runtime from 1.29 on tells Microsoft which models it loads and keeps an identifier in the home folder. It looks
# at this variable while it is imported, so it is set here, before any module of ours can import it (its Privacy.md).
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
