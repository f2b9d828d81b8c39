"""The certificate engine: lay a page out once, then stamp and sign it in one incremental update.

    page.render      content → base PDF                         (WeasyPrint, once per certificate)
    ready.make_ready base PDF → annotation-ready base + sidecar  (pikepdf, once per certificate)
    increment        base + sidecar → signed bytes               (our own writer, about a millisecond)
    verify.examine   any bytes → what they are

Nothing here knows a model or the database; `keys` (its defaults) and `page` (FONT_DIR) alone read settings.
"""
