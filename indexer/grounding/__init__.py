"""What of a workspace a model that writes is given, and what the text around a cursor allows it to write."""

from .block_shape import BlockShape, block_shape
from .completion import CompletionGrounding, CompletionQuery, completion_context
from .document import document_language
from .instruction import InstructionQuery, instruction_context
from .records import GroundedPassage, Limits, Reason
from .scope import CodeScope, scope_at, scopes_at
from .targets import DocumentationTarget, TestTarget, documentation_target, is_unfinished, test_target
from .time_box import TimeBox

__all__ = [
    "BlockShape",
    "CodeScope",
    "CompletionGrounding",
    "CompletionQuery",
    "DocumentationTarget",
    "GroundedPassage",
    "InstructionQuery",
    "Limits",
    "Reason",
    "TestTarget",
    "TimeBox",
    "block_shape",
    "completion_context",
    "document_language",
    "documentation_target",
    "instruction_context",
    "is_unfinished",
    "scope_at",
    "scopes_at",
    "test_target",
]
