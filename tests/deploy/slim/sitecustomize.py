"""First on a process's path, this makes it live without the packages that the image leaves out.

Python imports a module of this name by itself at every start.
"""

import sys

LEFT_OUT = ("chdb", "pandas", "pyarrow")

sys.modules.update(dict.fromkeys(LEFT_OUT))  # type: ignore[arg-type]  # None is how an import is forbidden
