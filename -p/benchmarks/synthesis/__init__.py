"""How long the synthesis of many services takes, and how much memory: `python -m benchmarks.synthesis`.

It writes a project of three environments that all run the same number of services, and synthesises it as the CDK's
command line does: `python app.py` in a process of its own, security rules and limits included. Nothing is deployed.
"""
