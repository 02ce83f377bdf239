"""What the operator decides: `moonwire.toml`, then the environment, then flags, the later the stronger.

`model.py` has every key with its default and meaning, and is where to begin. `loading.py` makes a `Config` of
the sources, `serving.py` what the gateway needs of it once it starts, `document.py` the page and the file.
"""
