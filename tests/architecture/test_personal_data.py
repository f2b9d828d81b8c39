"""Identity numbers and mobiles are sealed in every table (R-ACC-13, S11)."""

import re

from django.apps import apps
from django.db import models

from swms.crypto import BlindIndexField, SealedField

OURS = {"swms", "accounts", "audit", "regions", "notices", "uploads", "registration", "education", "services"}
OURS |= {"certificates", "bulletins", "casework"}
PERSONAL = re.compile(r"(?:^|_)(?:id_number|id_no|identity|id_card|mobile|phone|telephone|cellphone)(?:$|_)")


def fields():
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            for field in model._meta.local_fields:
                yield model, field


def test_what_is_named_like_an_identity_number_or_a_mobile_is_sealed_or_a_blind_index():
    plain = [
        f"{model.__name__}.{field.name}"
        for model, field in fields()
        if PERSONAL.search(field.name)
        and isinstance(field, models.CharField | models.TextField | models.JSONField)
        and not isinstance(field, SealedField | BlindIndexField)
    ]
    # The table of codes holds the same keyed hash, without a sealed column beside it to take it from.
    assert plain == ["SmsCode.mobile_index"]


def test_no_plain_column_stands_beside_a_sealed_one_of_the_same_data():
    """Words of a sealed field's label must not come back in a plain column of the same table."""
    sealed = {(model, field.verbose_name) for model, field in fields() if isinstance(field, SealedField)}
    assert sealed
    for model, field in fields():
        if not isinstance(field, SealedField | BlindIndexField):
            assert (model, field.verbose_name) not in sealed, f"{model.__name__}.{field.name}"


def test_every_blind_index_is_taken_from_a_sealed_field():
    indexes = [(model, field) for model, field in fields() if isinstance(field, BlindIndexField)]
    assert indexes
    for model, field in indexes:
        assert isinstance(model._meta.get_field(field.source), SealedField), f"{model.__name__}.{field.name}"


def test_no_address_of_the_portal_has_room_for_an_identity_number_or_a_mobile():
    from tests.architecture.routes import routes

    names = {name for route in routes() for name in re.findall(r"<\w+:(\w+)>", route)}
    assert not [name for name in names if PERSONAL.search(name)]
