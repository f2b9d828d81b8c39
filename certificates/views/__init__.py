"""Pages: verification for everybody, downloads and annotation for the holder, the registration certificate."""
