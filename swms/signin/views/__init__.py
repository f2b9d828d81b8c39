"""The pages of signing in and of one's own account."""

from swms.signin.views.door import SignInPage, locked_out, sign_out

__all__ = ["SignInPage", "locked_out", "sign_out"]
