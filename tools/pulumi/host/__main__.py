"""What the launchers beside the CLI run.

``python host serve --executor SCRIPT … ENGINE_ADDRESS`` is the language host, ``python host plugin SHIM …`` the dynamic
provider's plugin.
"""

import os
import sys
import sysconfig
import types
from pathlib import Path

# Before any slow import: when the CLI dies during start-up, this is no longer its process id.
PARENT = os.getppid()


def skip_package_bodies() -> None:
    """Register empty packages in place of the SDK's own, so that only the stubs below them are loaded.

    ``pulumi/__init__.py`` loads the whole SDK, about 0.3 s, and the host starts once for every command.
    """
    base = Path(sysconfig.get_path("purelib"), "pulumi")
    for name in ("pulumi", "pulumi.runtime", "pulumi.runtime.proto"):
        package = types.ModuleType(name)
        package.__path__ = [str(base.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = package


if __name__ == "__main__":
    role, *arguments = sys.argv[1:]
    if role == "plugin":
        from langhost import plugin

        plugin.main(PARENT, arguments)
    else:
        skip_package_bodies()
        from langhost import serve

        serve.main(PARENT, arguments)
