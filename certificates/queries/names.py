"""Whether a certificate can print a name."""

from certificates.pdf import fonts


def unprintable(name: str) -> str:
    """Return what to warn of when the certificate's font lacks a character of ``name``, else nothing."""
    try:
        lacking = fonts.uncovered(name)
    except fonts.FontMissing:
        return "证书字体没有安装，不能确认姓名能否打印"
    return "姓名中有证书字体没有的字，证书上将无法打印" if lacking else ""
