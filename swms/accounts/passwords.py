"""Password rules beyond Django's (R-ACC-12)."""

import re

from django.core.exceptions import ValidationError

_CLASSES = (r"[a-z]", r"[A-Z]", r"\d", r"[^A-Za-z0-9]")


class LengthValidator:
    """At least eight characters."""

    def validate(self, password, user=None):
        if len(password) < 8:
            raise ValidationError(f"密码至少 8 个字符，这个只有 {len(password)} 个", code="password_too_short")

    def get_help_text(self):
        return "密码至少 8 个字符"


class CharacterClassValidator:
    """At least three of: small letters, capitals, digits, other characters."""

    def validate(self, password, user=None):
        if sum(bool(re.search(pattern, password)) for pattern in _CLASSES) < 3:
            raise ValidationError(self.get_help_text(), code="password_classes")

    def get_help_text(self):
        return "密码须包含大写字母、小写字母、数字、其他符号中的至少三种"


class NotPersonalValidator:
    """Not the identity number, the mobile or a piece of either that is easy to guess."""

    def validate(self, password, user=None):
        for secret in (getattr(user, "id_number", None), getattr(user, "mobile", None)):
            if secret and (secret.lower() in password.lower() or password.lower() in secret.lower()):
                raise ValidationError("密码不能是您的身份证号或手机号，也不能包含它们", code="password_personal")

    def get_help_text(self):
        return "密码不能是您的身份证号或手机号"
