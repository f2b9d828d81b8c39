"""The roster (社工库): reading, checking and importing files of certificate holders (§2.16)."""

from registration.roster.checks import check_names_with
from registration.roster.conflicts import take
from registration.roster.desk import ask_to_undo, confirm, stage, staged
from registration.roster.files import FileRefused
from registration.roster.importing import error_file, import_file, problems, processed, progress, run, unfinished
from registration.roster.problems import Problem
from registration.roster.staging import ErrorFile, purge_staged
from registration.roster.template import template_xlsx

__all__ = [
    "ErrorFile",
    "FileRefused",
    "Problem",
    "ask_to_undo",
    "check_names_with",
    "confirm",
    "error_file",
    "import_file",
    "problems",
    "processed",
    "progress",
    "purge_staged",
    "run",
    "stage",
    "staged",
    "take",
    "template_xlsx",
    "unfinished",
]
