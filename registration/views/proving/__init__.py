"""Matters of people without an account: a mobile is proven first, later the receipt number together with it.

A code by SMS proves the mobile. What was proven is kept in the session (swms.signin.flow); the address of a
receipt alone shows nothing personal. A matter subclasses the pages that say something of it; the others are told which
matter they serve by ``as_view(matter=…)`` (docs/decisions/0013).
"""

from registration.views.proving.following import CasePage, FollowingPage, ReceiptPage
from registration.views.proving.matter import Matter
from registration.views.proving.proof import CodePage, EndPage, StartPage, StatusCodePage, StatusPage
from registration.views.proving.writing import CompletingPage, WritingPage

__all__ = [
    "CasePage",
    "CodePage",
    "CompletingPage",
    "EndPage",
    "FollowingPage",
    "Matter",
    "ReceiptPage",
    "StartPage",
    "StatusCodePage",
    "StatusPage",
    "WritingPage",
]
