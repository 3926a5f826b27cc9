"""From a folder of files to the draft of a record: every value with its evidence, so that people only confirm.

>>> folder = describe_folder(walk_folder("run-42"))
>>> proposed = assemble(folder, person={"name": "Curie, Marie"}, today="2026-11-22")
>>> proposed.document["metadata"]["title"], proposed.missing
"""

from __future__ import annotations

from dop2i.core.proposals.assemble import Assembled, assemble
from dop2i.core.proposals.folder import FolderDescription, describe_folder
from dop2i.core.proposals.git import GitFacts, read_git
from dop2i.core.proposals.walk import walk_folder

__all__ = ["Assembled", "FolderDescription", "GitFacts", "assemble", "describe_folder", "read_git", "walk_folder"]
