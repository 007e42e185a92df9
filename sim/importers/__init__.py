"""Catalogues as others keep them, made into a table and its sidecar that `sim.load` reads."""
