"""Built-in catalogues: data, their sidecars, and the scripts that build them.  Provenance is in README.md here."""
