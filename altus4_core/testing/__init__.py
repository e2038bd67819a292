"""The kit for plugin authors: a gateway of twins, contract classes for every seam, fakes.

`twins` has a null or memory twin of every seam, `contracts` a class of tests for every seam; the fixtures are in
`pytest_plugin`, which pytest finds by itself where `altus4-core` is installed.
"""
