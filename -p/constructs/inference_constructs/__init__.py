"""CDK constructs that put a trained model in front of live traffic. What most apps need is named here.

The names and where they come from stand in the stub beside this file. They are imported when they are used, since the
CDK takes seconds and a Node process, and whoever only reads the YAML needs neither.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
