"""A Pulumi language host for Python, for CLIs built from source.

Pulumi's own host comes with its official bundle only. This one serves the part of ``pulumirpc.LanguageRuntime`` that
previews, updates, ``pulumi install`` and ``pulumi about`` use, for projects with the ``pip`` toolchain.
"""
