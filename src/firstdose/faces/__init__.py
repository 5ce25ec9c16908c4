"""The faces: command line and web. They ask and show; no rule lives here."""
